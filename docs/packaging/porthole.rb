class Porthole < Formula
  desc "Which ports a host answers on, and who holds them here"
  homepage "@HOME@"
  url "@FILES@/porthole_@VERSION@_source.tar.gz"
  version "@VERSION@"
  sha256 "@SOURCE_SHA256@"
  license "MIT"

  depends_on "go" => :build

  def install
    ENV["CGO_ENABLED"] = "0"
    go_build "porthole", "."
    go_build "porthole-mcp", "./cmd/porthole-mcp"
    man1.install Dir["docs/man/*.1"]
    bash_completion.install "internal/cli/completion/porthole.bash" => "porthole"
    zsh_completion.install "internal/cli/completion/porthole.zsh" => "_porthole"
    fish_completion.install "internal/cli/completion/porthole.fish"
  end

  def go_build(name, package)
    ldflags = "-s -w -X porthole/internal/version.release=v#{version}"
    system "go", "build", "-mod=vendor", "-buildvcs=false", "-tags=urfave_cli_no_docs",
           *std_go_args(ldflags:, output: "#{bin}/#{name}"), package
  end

  test do
    assert_match "porthole v#{version}", shell_output("#{bin}/porthole --version")
    assert_match "https", shell_output("#{bin}/porthole lookup 443")
  end
end
