package buildinfo

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// The builds are in the form of "go version -m", which debug.ParseBuildInfo reads but for the toolchain.
func TestWhatTheToolchainWroteIsTold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, build string
		want        Info
		line        string
	}{
		{
			name: "a release built from a clone",
			build: "path\texample.com/m/cmd\nmod\texample.com/m\tv1.2.3\t\nbuild\tvcs=git\n" +
				"build\tvcs.revision=0123456789abcdef0123456789abcdef01234567\nbuild\tvcs.time=2026-01-02T03:04:05Z\nbuild\tvcs.modified=false\n",
			want: Info{
				Version: "v1.2.3",
				Commit:  "0123456789abcdef0123456789abcdef01234567",
				Time:    time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
				Go:      "go1.26.8",
			},
			line: "v1.2.3 (commit 0123456789ab of 2026-01-02, go1.26.8)",
		},
		{
			name: "a clone with changes",
			build: "mod\texample.com/m\tv1.2.3+dirty\t\n" +
				"build\tvcs.revision=0123456789abcdef0123456789abcdef01234567\nbuild\tvcs.modified=true\n",
			want: Info{
				Version:  "v1.2.3+dirty",
				Commit:   "0123456789abcdef0123456789abcdef01234567",
				Modified: true,
				Go:       "go1.26.8",
			},
			line: "v1.2.3+dirty (commit 0123456789ab with changes, go1.26.8)",
		},
		{
			name:  "go install of a version",
			build: "mod\texample.com/m\tv1.2.3\th1:x=\n",
			want:  Info{Version: "v1.2.3", Go: "go1.26.8"},
			line:  "v1.2.3 (go1.26.8)",
		},
		{
			name:  "no repository",
			build: "mod\texample.com/m\t(devel)\t\n",
			want:  Info{Version: "(devel)", Go: "go1.26.8"},
			line:  "(devel) (go1.26.8)",
		},
		{
			name:  "a commit named in a few letters",
			build: "build\tvcs.revision=0123\n",
			want:  Info{Commit: "0123"},
			line:  "(unknown) (commit 0123)",
		},
		{name: "nothing is known", line: "(unknown)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			build, err := debug.ParseBuildInfo(test.build)
			if err != nil {
				t.Fatal(err)
			}
			build.GoVersion = test.want.Go
			got := from(build)
			if got != test.want {
				t.Errorf("info %+v, want %+v", got, test.want)
			}
			if got.String() != test.line {
				t.Errorf("line %q, want %q", got, test.line)
			}
		})
	}
}

func TestGetDescribesThisProgram(t *testing.T) {
	t.Parallel()
	if got := Get().Go; got != runtime.Version() {
		t.Errorf("toolchain %q, want %q", got, runtime.Version())
	}
}
