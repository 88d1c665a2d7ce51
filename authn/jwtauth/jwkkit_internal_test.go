package jwtauth

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"slices"
	"strings"
	"sync"
)

// jwkMembers is members in order, with raw values, so that a test can write
// what no encoder would.
type jwkMembers [][2]string

func (o jwkMembers) String() string {
	members := make([]string, len(o))
	for i, m := range o {
		members[i] = `"` + m[0] + `":` + m[1]
	}
	return "{" + strings.Join(members, ",") + "}"
}

func (o jwkMembers) with(name, raw string) jwkMembers {
	return append(o.without(name), [2]string{name, raw})
}

func (o jwkMembers) plus(name, raw string) jwkMembers {
	return append(slices.Clone(o), [2]string{name, raw})
}

func (o jwkMembers) without(name string) jwkMembers {
	return slices.DeleteFunc(slices.Clone(o), func(m [2]string) bool { return m[0] == name })
}

func (o jwkMembers) get(name string) string {
	for _, m := range o {
		if m[0] == name {
			return strings.Trim(m[1], `"`)
		}
	}
	return ""
}

func jwkObject(kid string, public crypto.PublicKey) jwkMembers {
	var o jwkMembers
	for _, m := range publicMembers(public) {
		o = append(o, [2]string{m.name, `"` + m.value + `"`})
	}
	return o.plus("kid", `"`+kid+`"`)
}

func setOf(keys ...jwkMembers) string {
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = k.String()
	}
	return `{"keys":[` + strings.Join(texts, ",") + `]}`
}

// kinds has a key of each kind, made once: RSA keys take their time.
var kinds = sync.OnceValue(func() map[string]crypto.Signer {
	all := map[string]crypto.Signer{}
	put := func(name string, k crypto.Signer, err error) {
		if err != nil {
			panic(err)
		}
		all[name] = k
	}
	for name, bits := range map[string]int{"RSA": 2048, "RSA-1024": 1024} {
		k, err := rsa.GenerateKey(rand.Reader, bits)
		put(name, k, err)
	}
	for _, c := range []elliptic.Curve{elliptic.P224(), elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		put(c.Params().Name, k, err)
	}
	_, k, err := ed25519.GenerateKey(rand.Reader)
	put("Ed25519", k, err)
	return all
})

func publicOf(kind string) crypto.PublicKey { return kinds()[kind].Public() }
