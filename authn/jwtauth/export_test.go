package jwtauth

// Remembered returns how many tokens v holds.
func Remembered[C any](v *Verifier[C]) (n int) {
	for i := range v.cache.places {
		if v.cache.places[i].Load() != nil {
			n++
		}
	}
	return n
}
