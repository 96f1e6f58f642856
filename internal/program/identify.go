// Package program says what a process is known for: which program it is, whatever
// runs it, and which services that program offers.
//
// Start with [Identify], which takes what is known of a process, and with [Named],
// which finds a service. All of it is names: what a process calls itself is no
// proof, and a forwarder says nothing of what is behind it ([Program.Forwards]).
package program

import (
	"path"
	"slices"
	"strings"

	"porthole/internal/record"
)

// Program is what a process runs.
type Program struct {
	// Names are the names it goes by, in lower case and without version numbers:
	// what a runtime runs, then the argument 0, the process and the executable.
	// The names of a runtime are not among them.
	Names []string

	// Runtime is what runs it ("java", "python"), "" if it runs by itself.
	Runtime string
}

// Identify tells which program a process runs. Any of the names may be what it is
// known for: Debian's redis-server is a link to redis-check-rdb, and gunicorn is a
// script of Python.
func Identify(p record.Process) Program {
	var out Program
	add := func(names ...string) {
		for _, name := range names {
			switch name = plain(name); {
			case name == "" || has("/ start main app server index run serve manage", name): // which say nothing
			case has(runtimes, name):
				out.Runtime = name
			case !slices.Contains(out.Names, name):
				out.Names = append(out.Names, name)
			}
		}
	}
	if len(p.Cmdline) > 0 {
		title, rest, _ := strings.Cut(p.Cmdline[0], " ") // "nginx: master process /usr/sbin/nginx"
		add(runs(plain(title), p.Cmdline[1:])...)
		if self := plain(p.Exe); has(runtimes, self) && self != "busybox" && self != plain(title) {
			add(runs(self, p.Cmdline[1:])...)
		}
		add(application(title, append(strings.Fields(rest), p.Cmdline[1:]...))...)
		add(title)
	}
	if p.Name != "MainThread" { // as newer versions of node call themselves
		add(p.Name)
	}
	add(p.Exe)
	return out
}

// plain is the name of a program without its folder, its version, and what follows
// it in a title.
func plain(name string) string {
	name = strings.TrimSuffix(name, " (deleted)")
	name = strings.ToLower(path.Base(strings.TrimRight(strings.ReplaceAll(name, `\`, "/"), ":")))
	for _, ending := range []string{".exe", ".jar", ".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".php", ".sh"} {
		name = strings.TrimSuffix(name, ending)
	}
	return strings.TrimRight(strings.TrimPrefix(name, "-"), "0123456789.-_")
}

// runtimes are programs whose name says nothing: they run others.
const runtimes = "java python pypy node nodejs deno bun ruby php perl beam.smp busybox sh bash dash ash env dotnet mono erl"

// runs returns what a runtime runs by its arguments, the likeliest name first.
func runs(runtime string, args []string) []string {
	const most = 200 // arguments; those of Java are many
	args = args[:min(len(args), most)]
	switch runtime {
	case "python", "pypy":
		return pythonRuns(args)
	case "java":
		return javaRuns(args)
	case "node", "nodejs", "deno", "bun":
		return nodeRuns(args)
	case "beam.smp", "erl":
		return erlangRuns(args)
	case "busybox":
		return args[:min(len(args), 1)]
	case "ruby", "php", "perl", "sh", "bash", "dash", "ash", "env", "mono", "dotnet":
		return []string{firstWord(args, "")}
	}
	return nil
}

// firstWord is the first argument that is no option. Options of these names take
// the next argument.
func firstWord(args []string, withValue string) string {
	for i := 0; i < len(args); i++ {
		switch {
		case has(withValue, args[i]):
			i++
		case args[i] == "-c" || args[i] == "-e": // the program itself follows, as text
			return ""
		case args[i] != "" && args[i][0] != '-':
			return args[i]
		}
	}
	return ""
}

func pythonRuns(args []string) []string {
	if i := slices.Index(args, "-m"); i >= 0 && i+1 < len(args) {
		first, _, _ := strings.Cut(args[i+1], ".")
		return []string{first, args[i+1]}
	}
	script := firstWord(args, "-W -X")
	if _, inside, ok := strings.Cut(script, "-packages/"); ok { // site-packages, dist-packages
		script, _, _ = strings.Cut(inside, "/")
	} else if path.Base(script) == "__main__.py" {
		script = path.Dir(script)
	}
	return []string{script}
}

// javaRuns returns the archive, or the words of the class: the last ones of
// org.apache.zookeeper.server.quorum.QuorumPeerMain say less than the third.
func javaRuns(args []string) []string {
	const common = "org com net io apache main server service boot bootstrap launcher"
	if i := slices.Index(args, "-jar"); i >= 0 && i+1 < len(args) {
		return args[i+1 : i+2]
	}
	class := firstWord(args, "-cp -classpath --class-path -p --module-path --add-modules --add-opens --add-exports --add-reads -m --module")
	if i := slices.IndexFunc(args, func(a string) bool { return a == "-m" || a == "--module" }); i >= 0 && i+1 < len(args) {
		class = strings.ReplaceAll(args[i+1], "/", ".")
	}
	var words []string
	for word := range strings.SplitSeq(strings.ToLower(class), ".") {
		if !has(common, word) {
			words = append(words, word)
		}
	}
	return words
}

// nodeRuns returns the package in node_modules, else the script.
func nodeRuns(args []string) []string {
	script := firstWord(args, "-r --require --import --loader --experimental-loader -C")
	if script == "run" { // of deno and bun
		script = firstWord(args[slices.Index(args, "run")+1:], "")
	}
	if _, inside, ok := strings.Cut(script, "node_modules/"); ok {
		name := strings.TrimPrefix(inside, ".bin/")
		scope, rest, _ := strings.Cut(name, "/")
		if strings.HasPrefix(scope, "@") {
			scope, _, _ = strings.Cut(rest, "/")
		}
		return []string{scope}
	}
	return []string{script}
}

// erlangRuns returns the name of the node: rabbit@host is RabbitMQ.
func erlangRuns(args []string) []string {
	for i, arg := range args[:max(len(args)-1, 0)] {
		if arg != "-sname" && arg != "-name" && !(arg == "-s" && args[i+1] == "rabbit") {
			continue
		}
		name, _, _ := strings.Cut(args[i+1], "@")
		if strings.HasPrefix(name, "rabbit") {
			return []string{"rabbitmq-server"}
		}
		return []string{name}
	}
	return nil
}

// application returns what a server of Python runs: "gunicorn: master [airflow]",
// or the argument module:app.
func application(title string, args []string) []string {
	const servers = "gunicorn uvicorn hypercorn granian daphne uwsgi waitress-serve"
	isServer := has(servers, plain(title)) || slices.ContainsFunc(args[:min(len(args), 3)], func(a string) bool { return has(servers, plain(a)) })
	if !isServer {
		return nil
	}
	for _, arg := range args {
		module, _, isApp := strings.Cut(strings.Trim(arg, "[]"), ":")
		isApp = isApp && module != "" && !strings.ContainsAny(module, "/0123456789=-") // neither an address nor an option
		if isApp || strings.HasPrefix(arg, "[") {
			name, _, _ := strings.Cut(module, ".")
			return []string{name}
		}
	}
	return nil
}

// has reports whether a list, separated by blanks, has a word.
func has(list, word string) bool {
	for at := 0; word != "" && at < len(list); {
		i := strings.Index(list[at:], word)
		if i < 0 {
			return false
		}
		i += at
		at = i + len(word)
		if (i == 0 || list[i-1] == ' ') && (at == len(list) || list[at] == ' ') {
			return true
		}
	}
	return false
}
