// Connects to the address it is given from a goroutine. Used by test/kernel/names.test.ts.
package main

import (
	"net"
	"os"
)

type pool struct{ address string }

//go:noinline
func (p *pool) dial() error {
	connection, err := net.Dial("tcp", p.address)
	if err == nil {
		connection.Close()
	}
	return err
}

//go:noinline
func openDatabase(address string) bool {
	p := &pool{address}
	return p.dial() == nil
}

func main() {
	done := make(chan bool)
	go func() { done <- openDatabase(os.Args[1]) }()
	<-done
}
