@echo off
rem Starts the `caviar` command from a clone: finds a JDK, builds what is not built, and runs it. The same as ./caviar, see there;
rem after a change of the sources run mvnw.cmd -DskipTests package.
setlocal
set "home=%~dp0"
set "lib=%home%target\lib"
call "%home%.mvn\find-jdk.cmd" || exit /b 1

if exist "%lib%\caviar-bench.jar" goto built
echo caviar: building (first use of this clone, about a minute) ... 1>&2
if not exist "%home%target" mkdir "%home%target"
pushd "%home%"
call mvnw.cmd -q -B -Dmaven.test.skip=true -pl bench -am package > "%home%target\build.log" 2>&1
set "failed=%errorlevel%"
popd
if "%failed%"=="0" if exist "%lib%\caviar-bench.jar" goto built
type "%home%target\build.log" 1>&2
echo caviar: the build failed, as shown above and in %home%target\build.log. 1>&2
exit /b 1

:built
if "%~1"=="" goto light
if "%~1"=="--version" goto light
if "%~1"=="--help" goto light
"%JDK%\bin\java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED -Djava.awt.headless=true -XX:+UseSerialGC -Xmx512m %CAVIAR_OPTS% -cp "%lib%\caviar-bench.jar" dev.caviar.app.Main %*
exit /b %errorlevel%

:light
"%JDK%\bin\java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp "%lib%\caviar-bench.jar" dev.caviar.app.Main %*
exit /b %errorlevel%
