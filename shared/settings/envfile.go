package settings

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// aliases are the names of the PowerShell integration, which hold inside a file only: some of them (USERNAME) mean
// something else in every Windows environment.
var aliases = map[string]string{
	"VENDOR_API_KEY":   "SYNTHESIZE_VENDOR_API_KEY",
	"PARTNER_API_KEY":  "SYNTHESIZE_PARTNER_API_KEY",
	"INTEGRATION_CODE": "AUTOTASK_INTEGRATION_CODE",
	"USERNAME":         "AUTOTASK_USERNAME",
	"PASSWORD":         "AUTOTASK_SECRET",
}

// FileError says what is wrong with a line of an env file. It never shows the line: it may hold a secret.
type FileError struct {
	File string
	Line int
	Text string
}

func (e *FileError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }

// blanks are what is cut off around names and values. No other white space is: a secret may end in it.
const blanks = " \t\r"

// ParseEnvFile reads NAME=VALUE lines. The error joins a *FileError for every line that is wrong.
//
// It is our own reader because values must arrive whole: the libraries for such files expand $, cut at # and unescape
// backslashes, all of which stand in generated secrets. Here a value is everything after the first =, but for blanks
// around it and one pair of quotes that encloses all of it (which keeps blanks that belong to it). Blank lines, # lines,
// CRLF, "export " and byte order marks (UTF-8 and UTF-16, as Windows writes them) are understood. No name may stand
// twice; a setting may stand under both its names if the values are equal.
func ParseEnvFile(name string, data []byte) (map[string]string, error) {
	text, err := decodeText(data)
	if err != nil {
		return nil, &FileError{name, 1, err.Error()}
	}
	var faults []error
	values := map[string]string{}
	lines, fullLines := map[string]int{}, map[string]int{} // by name as written, and by full name
	for i, line := range strings.Split(text, "\n") {
		fault := func(format string, args ...any) {
			faults = append(faults, &FileError{name, i + 1, fmt.Sprintf(format, args...)})
		}
		line = strings.Trim(line, blanks)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		written, value, found := strings.Cut(line, "=")
		if !found {
			fault("no = in this line; a setting is NAME=VALUE, a comment begins with #")
			continue
		}
		written = withoutExport(strings.Trim(written, blanks))
		if !isName(written) {
			fault("what stands before the = is no name of letters, digits and _")
			continue
		}
		if at, twice := lines[written]; twice {
			fault("%s stands in line %d already; keep one of the two", written, at)
			continue
		}
		lines[written] = i + 1
		full := written
		if long, short := aliases[written]; short {
			full = long
		}
		value = unquote(strings.Trim(value, blanks))
		if at, both := fullLines[full]; both && values[full] != value {
			fault("%s is another name of the setting in line %d, with another value; keep one of the two", written, at)
			continue
		}
		values[full], fullLines[full] = value, i+1
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return values, nil
}

// Over looks a setting up in values first, and else in another lookup. What a file names explicitly wins over the
// environment, which may hold anything; an empty value too, which makes the setting one that is not set.
func Over(values map[string]string, next Lookup) Lookup {
	return func(name string) (string, bool) {
		if value, ok := values[name]; ok {
			return value, true
		}
		return next(name)
	}
}

// withoutExport cuts off the word export, which makes such a file one that a shell can read.
func withoutExport(name string) string {
	if rest, exported := strings.CutPrefix(name, "export"); exported && rest != strings.TrimLeft(rest, blanks) {
		return strings.TrimLeft(rest, blanks)
	}
	return name
}

// unquote takes off quotes that enclose the whole value. In "a" or "b" they do not: the first ends before.
func unquote(value string) string {
	if len(value) < 2 || value[0] != '"' && value[0] != '\'' || value[len(value)-1] != value[0] {
		return value
	}
	inner := value[1 : len(value)-1]
	if strings.IndexByte(inner, value[0]) >= 0 {
		return value
	}
	return inner
}

func isName(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// decodeText reads UTF-8, or UTF-16 with its byte order mark.
func decodeText(data []byte) (string, error) {
	switch {
	case bytes.HasPrefix(data, []byte{0xef, 0xbb, 0xbf}):
		data = data[3:]
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		return fromUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		return fromUTF16(data[2:], binary.BigEndian)
	}
	if !utf8.Valid(data) {
		return "", errNoText
	}
	return textOnly(string(data))
}

var errNoText = errors.New("the file is no text in UTF-8; save it as UTF-8")

// textOnly refuses NUL, the mark of UTF-16 that does not say so.
func textOnly(text string) (string, error) {
	if strings.IndexByte(text, 0) >= 0 {
		return "", errNoText
	}
	return text, nil
}

func fromUTF16(data []byte, order binary.ByteOrder) (string, error) {
	if len(data)%2 != 0 {
		return "", errors.New("the file is cut off in the middle of a UTF-16 character; save it anew, as UTF-8")
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	decoded := string(utf16.Decode(units))
	if !slices.Equal(utf16.Encode([]rune(decoded)), units) {
		return "", errors.New("the file has broken UTF-16 characters; save it anew, as UTF-8")
	}
	return textOnly(decoded)
}
