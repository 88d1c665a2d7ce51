package lockout

import (
	"bytes"
	"testing"
)

// A dump of the process shows no account and no token after their use.
func TestPoolIsCleared(t *testing.T) {
	d := newDigester(make([]byte, 32))
	m := d.begin(kindToken)
	m.writeString("hunter2")
	if !bytes.Contains(m.buf[:], []byte("hunter2")) {
		t.Fatal("the buffer does not hold the input")
	}
	d.finish(m)
	if !bytes.Equal(m.buf[:], make([]byte, len(m.buf))) {
		t.Errorf("%q", m.buf)
	}
}
