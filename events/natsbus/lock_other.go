//go:build !unix

package natsbus

// lockDir does nothing where there is no flock; the port then keeps most second
// servers out.
func lockDir(string) (unlock func(), err error) { return func() {}, nil }
