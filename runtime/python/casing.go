package python

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Letters whose upper case, title case or folded form is not what unicode says of one letter: more letters, or another one. Each word
// is the letter and what becomes of it.
//
// Observed: str.upper, str.title and str.casefold of Python 3.11 over all of Unicode.
// upperCases are letters in upper case.
var upperCases = pairs(`ßSS ŉʼN ǰJ̌ ΐΪ́ ΰΫ́ ևԵՒ ẖH̱ ẗT̈ ẘW̊ ẙY̊ ẚAʾ ὐΥ̓ ὒΥ̓̀ ὔΥ̓́ ὖΥ̓͂ ᾀἈΙ ᾁἉΙ ᾂἊΙ ᾃἋΙ ᾄἌΙ ᾅἍΙ ᾆἎΙ ᾇἏΙ ᾈἈΙ
ᾉἉΙ ᾊἊΙ ᾋἋΙ ᾌἌΙ ᾍἍΙ ᾎἎΙ ᾏἏΙ ᾐἨΙ ᾑἩΙ ᾒἪΙ ᾓἫΙ ᾔἬΙ ᾕἭΙ ᾖἮΙ ᾗἯΙ ᾘἨΙ ᾙἩΙ ᾚἪΙ ᾛἫΙ ᾜἬΙ ᾝἭΙ ᾞἮΙ ᾟἯΙ ᾠὨΙ ᾡὩΙ
ᾢὪΙ ᾣὫΙ ᾤὬΙ ᾥὭΙ ᾦὮΙ ᾧὯΙ ᾨὨΙ ᾩὩΙ ᾪὪΙ ᾫὫΙ ᾬὬΙ ᾭὭΙ ᾮὮΙ ᾯὯΙ ᾲᾺΙ ᾳΑΙ ᾴΆΙ ᾶΑ͂ ᾷΑ͂Ι ᾼΑΙ ῂῊΙ ῃΗΙ ῄΉΙ ῆΗ͂ ῇΗ͂Ι
ῌΗΙ ῒΪ̀ ΐΪ́ ῖΙ͂ ῗΪ͂ ῢΫ̀ ΰΫ́ ῤΡ̓ ῦΥ͂ ῧΫ͂ ῲῺΙ ῳΩΙ ῴΏΙ ῶΩ͂ ῷΩ͂Ι ῼΩΙ ﬀFF ﬁFI ﬂFL ﬃFFI ﬄFFL ﬅST ﬆST
ﬓՄՆ ﬔՄԵ ﬕՄԻ ﬖՎՆ ﬗՄԽ`)

// titleCases are letters at the beginning of a word.
var titleCases = pairs(`ßSs ŉʼN ǰJ̌ ΐΪ́ ΰΫ́ ևԵւ ẖH̱ ẗT̈ ẘW̊ ẙY̊ ẚAʾ ὐΥ̓ ὒΥ̓̀ ὔΥ̓́ ὖΥ̓͂ ᾲᾺͅ ᾴΆͅ ᾶΑ͂ ᾷᾼ͂ ῂῊͅ ῄΉͅ ῆΗ͂ ῇῌ͂
ῒΪ̀ ΐΪ́ ῖΙ͂ ῗΪ͂ ῢΫ̀ ΰΫ́ ῤΡ̓ ῦΥ͂ ῧΫ͂ ῲῺͅ ῴΏͅ ῶΩ͂ ῷῼ͂ ﬀFf ﬁFi ﬂFl ﬃFfi ﬄFfl ﬅSt ﬆSt ﬓՄն ﬔՄե ﬕՄի
ﬖՎն ﬗՄխ`)

// foldings are letters to compare, where these are not those in lower case.
var foldings = pairs(`µμ ßss ŉʼn ſs ǰǰ ͅι ΐΐ ΰΰ ςσ ϐβ ϑθ ϕφ ϖπ ϰκ ϱρ ϵε ևեւ ᲀв ᲁд ᲂо ᲃс ᲄт ᲅт ᲆъ ᲇѣ ᲈꙋ ẖẖ ẗẗ ẘẘ ẙẙ
ẚaʾ ẛṡ ẞss ὐὐ ὒὒ ὔὔ ὖὖ ᾀἀι ᾁἁι ᾂἂι ᾃἃι ᾄἄι ᾅἅι ᾆἆι ᾇἇι ᾈἀι ᾉἁι ᾊἂι ᾋἃι ᾌἄι ᾍἅι ᾎἆι ᾏἇι ᾐἠι ᾑἡι
ᾒἢι ᾓἣι ᾔἤι ᾕἥι ᾖἦι ᾗἧι ᾘἠι ᾙἡι ᾚἢι ᾛἣι ᾜἤι ᾝἥι ᾞἦι ᾟἧι ᾠὠι ᾡὡι ᾢὢι ᾣὣι ᾤὤι ᾥὥι ᾦὦι ᾧὧι ᾨὠι ᾩὡι ᾪὢι
ᾫὣι ᾬὤι ᾭὥι ᾮὦι ᾯὧι ᾲὰι ᾳαι ᾴάι ᾶᾶ ᾷᾶι ᾼαι ιι ῂὴι ῃηι ῄήι ῆῆ ῇῆι ῌηι ῒῒ ΐΐ ῖῖ ῗῗ ῢῢ ΰΰ
ῤῤ ῦῦ ῧῧ ῲὼι ῳωι ῴώι ῶῶ ῷῶι ῼωι ﬀff ﬁfi ﬂfl ﬃffi ﬄffl ﬅst ﬆst ﬓմն ﬔմե ﬕմի ﬖվն ﬗմխ`)

func pairs(words string) map[rune]string {
	m := map[rune]string{}
	for _, w := range strings.Fields(words) {
		r, n := utf8.DecodeRuneInString(w)
		m[r] = w[n:]
	}
	return m
}

// letters writes each letter of s as f says.
func letters(s string, f func(i int, r rune) string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i, r := range s {
		b.WriteString(f(i, r))
	}
	return b.String()
}

func upperOf(r rune) string {
	if s, ok := upperCases[r]; ok {
		return s
	}
	return string(unicode.ToUpper(r))
}

func titleOf(r rune) string {
	if s, ok := titleCases[r]; ok {
		return s
	}
	return string(unicode.ToTitle(r))
}

// lowerAt is letter r of s, which stands at i, in lower case: a sigma at the end of a word is another one.
func lowerAt(s string, i int, r rune) string {
	switch r {
	case 'İ':
		return "i̇"
	case 'Σ':
		if casedBefore(s[:i]) && !casedAfter(s[i+len("Σ"):]) {
			return "ς"
		}
	}
	return string(unicode.ToLower(r))
}

// casedBefore says whether s ends with a letter that has a case, passing over what cases pass over.
func casedBefore(s string) bool {
	s = strings.TrimRightFunc(s, caseIgnorable)
	r, _ := utf8.DecodeLastRuneInString(s)
	return s != "" && isCased(r)
}

func casedAfter(s string) bool {
	s = strings.TrimLeftFunc(s, caseIgnorable)
	r, _ := utf8.DecodeRuneInString(s)
	return s != "" && isCased(r)
}

func caseIgnorable(r rune) bool {
	return strings.ContainsRune("'.:·’‘․﹒", r) || unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk)
}

func isUpper(r rune) bool { return unicode.In(r, unicode.Lu, unicode.Other_Uppercase) }

func isLower(r rune) bool { return unicode.In(r, unicode.Ll, unicode.Other_Lowercase) }

func isCased(r rune) bool { return isUpper(r) || isLower(r) || unicode.Is(unicode.Lt, r) }

// Upper is str.upper.
func Upper(s string) string {
	if isASCII(s) {
		return strings.ToUpper(s)
	}
	return letters(s, func(_ int, r rune) string { return upperOf(r) })
}

// Lower is str.lower.
func Lower(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return letters(s, func(i int, r rune) string { return lowerAt(s, i, r) })
}

func casefold(s string) string {
	return letters(s, func(_ int, r rune) string {
		f, ok := foldings[r]
		switch {
		case ok:
			return f
		case r == 'İ':
			return "i̇"
		case r >= 0x13a0 && r <= 0x13f5: // Cherokee folds to its upper case
			return string(r)
		case r >= 0x13f8 && r <= 0x13fd || r >= 0xab70 && r <= 0xabbf:
			return string(unicode.ToUpper(r))
		}
		return string(unicode.ToLower(r))
	})
}

func title(s string) string {
	inWord := false
	return letters(s, func(i int, r rune) string {
		was := inWord
		inWord = isCased(r)
		if was {
			return lowerAt(s, i, r)
		}
		return titleOf(r)
	})
}

// Capitalize is str.capitalize.
func Capitalize(s string) string {
	return letters(s, func(i int, r rune) string {
		if i == 0 {
			return titleOf(r)
		}
		return lowerAt(s, i, r)
	})
}

func swapcase(s string) string {
	return letters(s, func(i int, r rune) string {
		switch {
		case isUpper(r):
			return lowerAt(s, i, r)
		case isLower(r):
			return upperOf(r)
		}
		return string(r)
	})
}

// oneCase says whether all letters of s that have a case have the one that is says, and there are some.
func oneCase(s string, is func(r rune) bool) bool {
	some := false
	for _, r := range s {
		if isCased(r) && !is(r) {
			return false
		}
		some = some || is(r)
	}
	return some
}

// isTitle is str.istitle.
func isTitle(s string) bool {
	some, inWord := false, false
	for _, r := range s {
		lower := isLower(r)
		if isCased(r) && lower != inWord {
			return false
		}
		inWord = isCased(r)
		some = some || inWord
	}
	return some
}
