// Package mapping has the filters of dictionaries and of values of any kind: default, combine,
// dict2items and their like.
package mapping
