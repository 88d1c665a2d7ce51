// Package adoption tests package validate with request structs in the shape that services have
// which other libraries bind and check: each is accepted as it is, with the same meaning, or New
// refuses it and says what to write.
package adoption
