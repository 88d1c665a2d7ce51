// Package tokens keeps the tokens that users have at an identity provider, and renews them.
//
// An application that only logs users in does not need this package: package authn/oauth keeps no token.
//
// # Use
//
//	keeper, err := tokens.New(tokens.Config{
//		Store:   store.Tokens(), // a redisstore.Store
//		Keys:    [][]byte{key},  // 32 random bytes, the same in all processes
//		Refresh: login.Refresh,  // login is an oauth.Client
//	})
//
//	err = keeper.Save(ctx, user.ID, id.Tokens)   // in OnLogin
//	access, err := keeper.Access(ctx, user.ID)   // before a request to the API of the provider
//	removed, err := keeper.Remove(ctx, user.ID)  // at the logout; login.Revoke(ctx, removed.Refresh)
//
// The provider gives a refresh token only if it is asked, in most cases by the scope
// offline_access. The options of [Config] are:
//
//	Store    keeps the sealed tokens; required
//	Keys     seal them, and can be replaced; required
//	Refresh  renews them; required
//	Early    renews an access token so long before it expires; default: 1 min
//	Keep     life of unused tokens; default: 30 days
//
// # Threat
//
// A reader of the store, or of a backup of it. A refresh token that two processes present at
// once: a provider that rotates refresh tokens takes the second use for a theft, and ends
// all tokens of the user. A late answer that overwrites the tokens of a newer login, or brings
// them back after the logout.
//
// # Invariant
//
//   - A refresh token is presented by one request at a time. The requests of a process share one
//     renewal. A process claims it in the store before it asks the provider, and the others use
//     the access token that there is, or get 503 with Retry-After if it has expired.
//   - Each change compares with the value that it began with. So a renewal never overwrites a
//     newer login, and never comes back after Remove. A refresh token that the provider refuses
//     is deleted alone.
//   - While the provider does not answer, an access token that has not expired is still good.
//   - A caller that leaves does not end a renewal: its result would be lost.
//   - The store has sealed values, under names that are hashes.
//
// A process that dies between the answer of the provider and its write loses the new refresh
// token. After 30 s another process presents the old one, and the user must log in again.
//
// # What the caller must do
//
// Use an owner that the client does not choose: the ID of the account, or of the session so that
// each device has its own tokens. With two providers, put the provider into the owner. After
// [ErrNone], begin a login. Never send an access token to another host than the API that it is for.
package tokens
