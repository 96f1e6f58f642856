# The binary and nothing else. To list what the machine has, not the container:
#   docker run --rm --pid host --net host --cap-add SYS_PTRACE porthole list
# and --security-opt apparmor=unconfined, where AppArmor is on.
FROM golang:1.26 AS build
WORKDIR /src
COPY . .
RUN mkdir /image && .ci/build /image/porthole && cp LICENSE /image && .ci/licenses >/image/THIRD_PARTY_LICENSES

FROM scratch
COPY --from=build /image /
ENTRYPOINT ["/porthole"]
