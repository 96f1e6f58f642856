//go:build !unix

package scanner

import "errors"

// childEnv is set in no test here: RLIMIT_NOFILE is Unix's.
const childEnv = "PORTHOLE_TEST_FEW_DESCRIPTORS"

func scanWithFewDescriptors() error { return errors.New("only Unix limits descriptors") }
