package diag

// Near returns the one of known that name was probably meant to be, "" when none is close. Of several that
// are equally close the first is returned.
func Near(name string, known []string) string {
	best, found := len(name)/3+1, ""
	for _, k := range known {
		if d := distance(name, k, best); d < best {
			best, found = d, k
		}
	}
	return found
}

// distance is how many letters have to be changed, added, left out or swapped with their neighbour to make
// b of a. At limit or above it may be any number from limit on.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	var before, prev []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		before, prev, row = prev, row, make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(prev[j]+1, row[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
	}
	return row[len(b)]
}
