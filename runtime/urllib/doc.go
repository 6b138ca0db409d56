// Package urllib takes URLs apart and quotes text for them as Python's urllib.parse does.
package urllib
