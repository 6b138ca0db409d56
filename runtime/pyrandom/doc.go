// Package pyrandom draws random numbers as Python's random module does: with a seed the same ones, by
// the Mersenne Twister, and without one from the system.
package pyrandom
