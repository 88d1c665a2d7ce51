package object

import "strings"

// A Description is the policy of a Guard in the form that an inventory of routes lists.
type Description struct {
	Name           string   // Config.Name, such as "note"
	Wildcard       string   // the wildcard of the path that names the object; "" if a function of the program reads the key
	Under          string   // Config.Name of the parent's guard, or ""
	UnderWildcards []string // the wildcards of the path that name the parent and its parents
	OrRole         []string // roles that admit callers other than the owner
	AcrossTenants  bool     // OrRole also admits callers of other tenants
	Tenants        bool     // the guard, or the guard of the parent, compares the tenants of the object and the caller
	Others         bool     // GET and HEAD are open to each caller, and the guard only marks the owner
	OthersAct      bool     // and so are all other methods
}

// String returns the policy in one line, such as "note {id}: owner, or role admin in the same tenant".
func (d Description) String() string {
	var b strings.Builder
	b.WriteString(d.Name)
	if d.Wildcard != "" {
		b.WriteString(" {" + d.Wildcard + "}")
	}
	if d.Under != "" {
		b.WriteString(" under " + d.Under)
	}
	b.WriteString(": owner")
	if len(d.OrRole) > 0 {
		b.WriteString(", or role " + strings.Join(d.OrRole, " or "))
		switch {
		case d.AcrossTenants:
			b.WriteString(" of any tenant")
		case d.Tenants:
			b.WriteString(" in the same tenant")
		}
	}
	if d.Others {
		b.WriteString(", or each other caller")
		if !d.OthersAct {
			b.WriteString(" as a reader")
		}
	}
	return b.String()
}
