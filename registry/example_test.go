package registry_test

import (
	"errors"
	"fmt"
	"strings"

	"porthole/registry"
)

func ExampleRegistry_Lookup() {
	var r registry.Registry
	s, _ := r.Lookup("tcp", 23)
	fmt.Println(s.Name, registry.ClassOf(s.Port))
	fmt.Println("plaintext, use", s.Secure)
	s, _ = r.Lookup("tcp", 9090)
	fmt.Printf("%s (IANA: %s)\n", s.Name, s.IANA)
	// Output:
	// telnet well-known
	// plaintext, use ssh (RFC 4251)
	// prometheus (IANA: websm)
}

func ExampleRegistry_Named() {
	var r registry.Registry
	for s := range r.Named("ms-sql-*") {
		fmt.Printf("%d/%s %s\n", s.Port, s.Proto, s.Name)
	}
	// Output:
	// 1433/tcp ms-sql-s
	// 1433/udp ms-sql-s
	// 1434/tcp ms-sql-m
	// 1434/udp ms-sql-m
}

func ExampleRegistry_ParsePorts() {
	var r registry.Registry
	ports, err := r.ParsePorts("https,8000-8010,8005-8020,U:domain", "tcp")
	fmt.Println(ports, err)
	// Output: T:443,8000-8020,U:53 <nil>
}

func ExamplePortError() {
	var r registry.Registry
	_, err := r.ParsePorts("22,90-80")
	fmt.Println(err)
	var mistake *registry.PortError
	if errors.As(err, &mistake) {
		fmt.Printf("%s\n%*s\n", mistake.Expr, mistake.Column, "^")
	}
	// Output:
	// ports: bad range "90-80" at column 4: the first port is above the last
	// 22,90-80
	//    ^
}

func ExampleRegistry_Load() {
	var r registry.Registry
	err := r.Load(strings.NewReader("shop 7400/tcp store # the shop's front end\n"), "services")
	s, _ := r.Lookup("tcp", 7400)
	fmt.Println(s.Name, s.Description, err)
	// Output: shop the shop's front end <nil>
}

func ExamplePorts_Minus() {
	var r registry.Registry
	ports, _ := r.ParsePorts("well-known", "tcp")
	fmt.Println(ports.Minus(registry.NewPorts("tcp", registry.Range{First: 0, Last: 0})))
	// Output: T:1-1023
}
