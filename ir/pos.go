package ir

import "fmt"

// Pos is a place in a source file. Line and Col count from 1; the zero Pos is no place.
type Pos struct {
	File string
	Line int
	Col  int
}

// IsValid says whether p is a place.
func (p Pos) IsValid() bool { return p.Line > 0 }

func (p Pos) String() string {
	if !p.IsValid() {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
}
