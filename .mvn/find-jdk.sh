# Sourced by ./mvnw and ./caviar: sets JDK to the home of a JDK of release 25 or newer, or returns 1.
# Looks at $CAVIAR_JAVA_HOME, $JAVA_HOME, the java on the PATH, then where installers put JDKs. It never starts a java:
# every JDK says its version in its file `release`.

oldest_jdk=25
# shellcheck disable=SC2034  # what the scripts that source this say where find_jdk fails
no_jdk="caviar: no JDK $oldest_jdk or newer found. Install one (https://adoptium.net), or set CAVIAR_JAVA_HOME to its folder."

# The feature release of the JDK at $1, 0 where there is none.
jdk_release() {
  release=0
  [ -x "$1/bin/javac" ] && [ -r "$1/release" ] || return 0
  while IFS='=' read -r key value || [ -n "$key" ]; do
    [ "$key" = JAVA_VERSION ] || continue
    value=${value#\"}
    release=${value%%[!0-9]*}
  done <"$1/release"
  release=${release:-0}
}

# The folder of the JDK whose java is first on the PATH, through all links.
jdk_on_path() {
  java=$(command -v java) || return 1
  while [ -L "$java" ]; do
    link=$(readlink "$java")
    case $link in
      /*) java=$link ;;
      *) java=${java%/*}/$link ;;
    esac
  done
  JDK=${java%/bin/java}
  # macOS: /usr/bin/java is not a link, but knows where the JDKs are.
  [ -r "$JDK/release" ] || JDK=$(/usr/libexec/java_home -v "$oldest_jdk+" 2>/dev/null)
}

find_jdk() {
  if [ -n "${CAVIAR_JAVA_HOME-}" ]; then
    JDK=$CAVIAR_JAVA_HOME
    jdk_release "$JDK"
    [ "$release" -ge "$oldest_jdk" ] && return 0
    # shellcheck disable=SC2034
    no_jdk="caviar: CAVIAR_JAVA_HOME is $CAVIAR_JAVA_HOME, which is not a JDK of release $oldest_jdk or newer."
    return 1
  fi
  JDK=${JAVA_HOME-}
  jdk_release "$JDK"
  [ "$release" -ge "$oldest_jdk" ] && return 0
  if jdk_on_path; then
    jdk_release "$JDK"
    [ "$release" -ge "$oldest_jdk" ] && return 0
  fi
  # The oldest that is new enough: the release that the project is tested with, where there are several.
  best=
  best_release=1000000
  for JDK in /usr/lib/jvm/* /usr/local/lib/jvm/* /usr/java/* /usr/local/*jdk* /opt/*jdk* /opt/*java* /opt/java/* /opt/jvm/* \
    "${HOME-}"/.sdkman/candidates/java/* "${HOME-}"/.jdks/* "${HOME-}"/.gradle/jdks/* "${HOME-}"/.asdf/installs/java/* \
    "${HOME-}"/.local/share/mise/installs/java/* "${HOME-}"/.jabba/jdk/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home "${HOME-}"/Library/Java/JavaVirtualMachines/*/Contents/Home \
    /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home /usr/local/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
    jdk_release "$JDK"
    if [ "$release" -ge "$oldest_jdk" ] && [ "$release" -lt "$best_release" ]; then
      best=$JDK
      best_release=$release
    fi
  done
  JDK=$best
  [ -n "$JDK" ]
}
