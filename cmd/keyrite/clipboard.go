package main

import (
	"context"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// clipboardTimeout bounds each program that is asked to keep a clipboard.
const clipboardTimeout = 2 * time.Second

// clip is a program that takes text for a clipboard on its standard input.
type clip struct {
	name string
	args []string
}

// clips are the programs that may have a clipboard here, by what the environment says of
// the session: the desktop's own first, then the terminal multiplexer's buffer.
func (c *cli) clips() []clip {
	var list []clip
	if c.getenv("WAYLAND_DISPLAY") != "" {
		list = append(list, clip{name: "wl-copy"})
	}
	if c.getenv("DISPLAY") != "" {
		list = append(list, clip{"xclip", []string{"-selection", "clipboard"}}, clip{"xsel", []string{"--clipboard", "--input"}})
	}
	// Over ssh these would fill the clipboard of a machine that nobody sits at.
	here := c.getenv("SSH_CONNECTION") == ""
	if here && runtime.GOOS == "darwin" {
		list = append(list, clip{name: "pbcopy"})
	}
	if here && (runtime.GOOS == "windows" || c.getenv("WSL_DISTRO_NAME") != "") {
		list = append(list, clip{name: "clip.exe"})
	}
	if c.getenv("TMUX") != "" {
		list = append(list, clip{"tmux", []string{"load-buffer", "-"}})
	}
	return list
}

// copyText hands public text to the first program that takes it, and says which: "" for
// none. The text is never an argument, where other users of the machine could read it.
func (c *cli) copyText(ctx context.Context, text string) (by string) {
	for _, to := range c.clips() {
		program, err := c.findProgram(to.name)
		if err == nil && c.runClip(ctx, program, to.args, text) == nil {
			return to.label()
		}
	}
	return ""
}

func (to clip) label() string {
	if to.name == "tmux" {
		return "tmux, into its buffer"
	}
	return to.name
}

func (c *cli) runClip(ctx context.Context, program string, args []string, text string) error {
	ctx, cancel := context.WithTimeout(ctx, clipboardTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append([]string{}, c.helperEnv()...)
	cmd.Stdin = strings.NewReader(text)
	cmd.WaitDelay = time.Second
	return cmd.Run()
}
