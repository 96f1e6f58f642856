{
  lib,
  buildGoModule,
  fetchurl,
  installShellFiles,
}:

buildGoModule rec {
  pname = "porthole";
  version = "@VERSION@";

  src = fetchurl {
    url = "@FILES@/porthole_${version}_source.tar.gz";
    sha256 = "@SOURCE_SHA256@";
  };
  vendorHash = null; # the source has the modules it needs

  env.CGO_ENABLED = 0;
  tags = [ "urfave_cli_no_docs" ];
  ldflags = [
    "-s"
    "-w"
    "-X porthole/internal/version.release=v${version}"
  ];
  subPackages = [
    "."
    "cmd/porthole-mcp"
  ];

  nativeBuildInputs = [ installShellFiles ];
  postInstall = ''
    installManPage docs/man/*.1
    installShellCompletion --cmd porthole \
      --bash internal/cli/completion/porthole.bash \
      --zsh internal/cli/completion/porthole.zsh \
      --fish internal/cli/completion/porthole.fish
  '';

  meta = {
    description = "Which ports a host answers on, and who holds them here";
    homepage = "@HOME@";
    license = lib.licenses.mit;
    mainProgram = "porthole";
    platforms = lib.platforms.unix;
  };
}
