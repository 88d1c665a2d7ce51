#!/bin/sh
# Mutants of the deciding code, made by gremlins: each changed operator, and whether the
# tests of its own folder fail. It runs at the root of the module.
#
# Use: mutants.sh WORKERS [FOLDER...]
#
# Gremlins tests the folders below as well before it begins, and a cached result would set
# a time limit that each mutant exceeds and is killed by. The command go below tests one
# folder, without the cache. The build cache is a new one, because each mutant leaves
# about 3 MB in it.
#
# Gremlins counts a mutant that does not compile as killed, such as a difference of two
# strings. So arithmetic is changed in the folders with arithmetic of numbers only. Of two
# equal mutants of a difference, one is left out. In jwtauth the texts of refusals are left
# out, and in ratelimit, for the time, all files but the ones that count and decide.
set -eu
workers=$1
shift
[ $# -gt 0 ] || set -- authn/session/internal/family authn authz authn/session authn/jwtauth ratelimit
home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
mkdir "$home/bin" "$home/tmp"
GOBIN=$home go install github.com/go-gremlins/gremlins/cmd/gremlins@v0.6.0
cat >"$home/bin/go" <<EOF
#!/bin/sh
for a; do shift; set -- "\$@" "\${a%/...}"; done
exec "$(command -v go)" "\$@"
EOF
chmod +x "$home/bin/go"
export PATH="$home/bin:$PATH" GOCACHE="$home/cache" TMPDIR="$home/tmp"
for folder; do
	start=$(date +%s)
	echo "mutants ./$folder"
	skip='Alloc|Bench' inline=-gcflags=-l arithmetic=false without=doc
	case $folder in
	authn/jwtauth) skip="$skip|Profile|NoRelaxation|FuzzExplain" without='errors|explain|refusals' ;;
	authn/session/internal/family) arithmetic=true ;;
	ratelimit) skip="$skip|Flood" inline=-gcflags= arithmetic=true without='config|headers|key|keyfunc|limitsfor|tier' ;;
	esac
	export GOFLAGS="-short -count=1 -vet=off -ldflags=-s $inline -skip=$skip"
	go test "./$folder" # a test that fails without a mutant kills each mutant
	"$home/gremlins" unleash --workers "$workers" --timeout-coefficient 5 \
		--invert-negatives=false --arithmetic-base=$arithmetic \
		-E / -E "(^|/)($without)[.]go\$" "./$folder"
	echo "seconds $(($(date +%s) - start))"
done
