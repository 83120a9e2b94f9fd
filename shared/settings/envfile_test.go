package settings_test

import (
	"encoding/binary"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/synthsync/synthsync/shared/settings"
)

// encode writes a text as UTF-16 with its byte order mark, as Notepad and PowerShell's > do.
func encode(order binary.AppendByteOrder, text string) []byte {
	var out []byte
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		out = order.AppendUint16(out, unit)
	}
	return out
}

func TestParseEnvFile_ValuesArriveWhole(t *testing.T) {
	for line, want := range map[string]string{
		`K=abc`:             `abc`,
		`K=a=b==`:           `a=b==`,
		`K=a#b`:             `a#b`,
		`K=a #b`:            `a #b`,
		`K=#a`:              `#a`,
		`K=$HOME ${X} $(y)`: `$HOME ${X} $(y)`,
		`K=a\nb\\c\"`:       `a\nb\\c\"`,
		"K=`a`":             "`a`",
		`K=a b  c`:          `a b  c`,
		`K=%PATH%!^&|<>`:    `%PATH%!^&|<>`,
		`K=päss😀`:           `päss😀`,
		"K=a\u00a0":         "a\u00a0", // no blank of ours: it may belong to the secret
		`K=`:                ``,
		`K=""`:              ``,
		`K="`:               `"`,
		`K="abc"`:           `abc`,
		`K='abc'`:           `abc`,
		`K=" a "`:           ` a `,
		`K="it's"`:          `it's`,
		`K='say "x"'`:       `say "x"`,
		`K="a" or "b"`:      `"a" or "b"`,
		`K="ab`:             `"ab`,
		`K=ab"`:             `ab"`,
		`K="ab'`:            `"ab'`,
		`K=a"b"c`:           `a"b"c`,
		"\t K \t=\t v \t":   `v`,
		`export K=v`:        `v`,
		"export\t K = v":    `v`,
		`exportK=v`:         ``, // another name
		`export=v`:          ``, // another name
	} {
		for ending, text := range map[string]string{"LF": line + "\n", "CRLF": "# c\r\n\r\n" + line + "\r\n", "none": line} {
			values, err := settings.ParseEnvFile("x.env", []byte(text))
			if err != nil {
				t.Errorf("%s, %s: %v", line, ending, err)
			}
			if values["K"] != want {
				t.Errorf("%s, %s: %q, want %q", line, ending, values["K"], want)
			}
		}
	}
}

func TestParseEnvFile_ByteOrderMarks(t *testing.T) {
	const text = "AUTOTASK_SECRET=pä$s=😀\r\nB=2\r\n"
	want := map[string]string{"AUTOTASK_SECRET": "pä$s=😀", "B": "2"}
	for name, data := range map[string][]byte{
		"none": []byte(text), "UTF-8": []byte("\ufeff" + text),
		"UTF-16, little end first": encode(binary.LittleEndian, text), "UTF-16, big end first": encode(binary.BigEndian, text),
	} {
		values, err := settings.ParseEnvFile("x.env", data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, values); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestParseEnvFile_NamesOfThePowerShellIntegration(t *testing.T) {
	values, err := settings.ParseEnvFile(".env", []byte("VENDOR_API_KEY=v\nPARTNER_API_KEY=p\nINTEGRATION_CODE=i\nUSERNAME=u\nPASSWORD=s\nOTHER=o\n"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"SYNTHESIZE_VENDOR_API_KEY": "v", "SYNTHESIZE_PARTNER_API_KEY": "p", "AUTOTASK_INTEGRATION_CODE": "i",
		"AUTOTASK_USERNAME": "u", "AUTOTASK_SECRET": "s", "OTHER": "o",
	}
	if diff := cmp.Diff(want, values); diff != "" {
		t.Error(diff)
	}
}

func TestParseEnvFile_BothNames_MustAgree(t *testing.T) {
	values, err := settings.ParseEnvFile("x.env", []byte("PASSWORD=same\nAUTOTASK_SECRET='same'\n"))
	if err != nil || values["AUTOTASK_SECRET"] != "same" {
		t.Errorf("%v, %v", values, err)
	}
}

const hush = "hush-hush"

func TestParseEnvFile_Faults_NameTheLine_NeverTheValue(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"no =":                   {"A=1\n" + hush + "\n", "x.env:2: no ="},
		"a name with a blank":    {"A=1\n\n" + hush + " x=1\n", "x.env:3: what stands before"},
		"a name that is empty":   {"=" + hush, "x.env:1: what stands before"},
		"a name that is a digit": {"1A=" + hush, "x.env:1: what stands before"},
		"a name twice":           {"A=" + hush + "\nB=1\nA=other\n", "x.env:3: A stands in line 1 already"},
		"a name twice, equal":    {"A=" + hush + "\nA=" + hush + "\n", "x.env:2: A stands in line 1 already"},
		"both names":             {"PASSWORD=" + hush + "\nAUTOTASK_SECRET=x" + hush + "\n", "x.env:2: AUTOTASK_SECRET is another name of the setting in line 1"},
		"both names, turned":     {"AUTOTASK_SECRET=" + hush + "\nPASSWORD=x" + hush + "\n", "x.env:2: PASSWORD is another name"},
		"another encoding":       {"A=" + hush + "\xfc\n", "x.env:1: the file is no text in UTF-8"},
		"UTF-16 without a mark":  {"A\x00=\x001\x00", "x.env:1: the file is no text in UTF-8"},
		"half a character":       {"\xff\xfeA\x00=", "x.env:1: the file is cut off"},
		"half a surrogate pair":  {"\xff\xfeA\x00=\x00\x00\xd8", "x.env:1: the file has broken UTF-16"},
		"UTF-16 with a NUL":      {"\xff\xfeA\x00=\x00\x00\x00", "x.env:1: the file is no text"},
	} {
		values, err := settings.ParseEnvFile("x.env", []byte(tt.text))
		var fault *settings.FileError
		if !errors.As(err, &fault) || values != nil {
			t.Errorf("%s: %v, %v", name, values, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), hush) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseEnvFile_AllFaultsAtOnce(t *testing.T) {
	_, err := settings.ParseEnvFile("x.env", []byte("A\nB=1\nB=2\n-=3\n"))
	if err == nil || strings.Count(err.Error(), "x.env:") != 3 {
		t.Errorf("err = %v", err)
	}
}

func TestOver_TheFileWins_OverTheEnvironment(t *testing.T) {
	environment := func(name string) (string, bool) {
		value, ok := map[string]string{"A": "env", "B": "env", "USERNAME": "windows login"}[name]
		return value, ok
	}
	lookup := settings.Over(map[string]string{"A": "file", "B": ""}, environment)
	for name, want := range map[string]string{"A": "file", "B": "", "USERNAME": "windows login"} {
		if got, ok := lookup(name); !ok || got != want {
			t.Errorf("%s = %q, %t, want %q", name, got, ok, want)
		}
	}
	if _, ok := lookup("C"); ok {
		t.Error("C is set")
	}
	if _, ok := lookup("AUTOTASK_USERNAME"); ok {
		t.Error("the environment's USERNAME was taken for Autotask's")
	}
}

func FuzzParseEnvFile(f *testing.F) {
	for _, text := range []string{"A=1\r\n# c\nexport B = \"x y\"\n", "PASSWORD=a\nAUTOTASK_SECRET=a", "A='\"", "=", "A==\n\n\xff"} {
		f.Add([]byte(text))
	}
	f.Add(encode(binary.LittleEndian, "A=ü\r\n"))
	f.Add(encode(binary.BigEndian, "A=😀"))
	f.Fuzz(func(t *testing.T, data []byte) {
		values, err := settings.ParseEnvFile("f", data)
		if err != nil {
			var fault *settings.FileError
			if !errors.As(err, &fault) || fault.Line < 1 || values != nil {
				t.Fatalf("%v, %v", values, err)
			}
			return
		}
		var again strings.Builder
		for name, value := range values {
			if !utf8.ValidString(value) || strings.Contains(value, "\n") || strings.ContainsAny(name, " \t=\r\n") || name == "" {
				t.Fatalf("%q = %q", name, value)
			}
			// Whatever a value is, it arrives whole when it is written again: in quotes, unless it has both kinds.
			quote := `"`
			if strings.Contains(value, quote) {
				quote = "'"
			}
			if strings.Contains(value, quote) {
				if value != strings.Trim(value, " \t\r") {
					return
				}
				quote = ""
			}
			again.WriteString(name + "=" + quote + value + quote + "\n")
		}
		reread, err := settings.ParseEnvFile("again", []byte(again.String()))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(values, reread); diff != "" {
			t.Fatal(diff)
		}
	})
}
