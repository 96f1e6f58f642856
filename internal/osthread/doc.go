// Package osthread runs functions on threads of the operating system that they may
// leave in any state, such as in another network namespace. Only Linux needs it.
package osthread
