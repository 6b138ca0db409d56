package fact

import (
	"fmt"
	"strconv"
	"time"

	"pbc/ir/value"
)

func dateTimeFacts(p *probe) (*value.Dict, error) {
	now := p.sys.now().Truncate(time.Microsecond)
	utc := now.UTC()
	zone, _ := now.Zone()
	micro := fmt.Sprintf("%06d", now.Nanosecond()/1000)
	epoch := strconv.FormatInt(now.Unix(), 10)
	monday := (int(now.Weekday()) + 6) % 7
	d := value.DictOf(
		"year", now.Format("2006"), "month", now.Format("01"),
		"weekday", now.Weekday().String(), "weekday_number", strconv.Itoa(int(now.Weekday())),
		"weeknumber", fmt.Sprintf("%02d", (now.YearDay()+6-monday)/7),
		"day", now.Format("02"), "hour", now.Format("15"), "minute", now.Format("04"), "second", now.Format("05"),
		"epoch", epoch, "epoch_int", epoch,
		"date", now.Format("2006-01-02"), "time", now.Format("15:04:05"),
		"iso8601_micro", utc.Format("2006-01-02T15:04:05.")+micro+"Z",
		"iso8601", utc.Format("2006-01-02T15:04:05Z"),
		"iso8601_basic", now.Format("20060102T150405")+micro,
		"iso8601_basic_short", now.Format("20060102T150405"),
		"tz", zone, "tz_dst", summerZone(now), "tz_offset", now.Format("-0700"))
	return value.DictOf("date_time", d), nil
}

// summerZone is Python's time.tzname[1]: of the zone's names in January and July, that of the
// half with the greater offset.
func summerZone(now time.Time) string {
	const year = (365*24 + 6) * time.Hour
	start := now.Unix() / int64(year/time.Second) * int64(year/time.Second)
	jan := time.Unix(start, 0).In(now.Location())
	july := jan.Add(year / 2)
	janName, janOff := jan.Zone()
	julyName, julyOff := july.Zone()
	if janOff > julyOff {
		return janName
	}
	return julyName
}
