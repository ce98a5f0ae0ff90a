@echo off
rem Called by mvnw.cmd and caviar.cmd: sets JDK to the home of a JDK of release 25 or newer, or says what to install and fails.
rem The same order as find-jdk.sh; no java is started.

set "JDK="
if not defined CAVIAR_JAVA_HOME goto search
call :try "%CAVIAR_JAVA_HOME%"
if defined JDK exit /b 0
echo caviar: CAVIAR_JAVA_HOME is %CAVIAR_JAVA_HOME%, which is not a JDK of release 25 or newer. 1>&2
exit /b 1

:search
if defined JAVA_HOME call :try "%JAVA_HOME%"
for %%J in (java.exe) do if not "%%~$PATH:J"=="" call :try "%%~dp$PATH:J.."
for %%R in ("%ProgramFiles%\Eclipse Adoptium" "%ProgramFiles%\Java" "%ProgramFiles%\Microsoft" "%ProgramFiles%\Zulu" "%ProgramFiles%\BellSoft" "%ProgramFiles%\Amazon Corretto" "%LocalAppData%\Programs\Eclipse Adoptium" "%UserProfile%\.jdks" "%UserProfile%\.gradle\jdks" "%UserProfile%\scoop\apps") do (
  for /d %%D in ("%%~R\*") do (
    call :try "%%~D"
    call :try "%%~D\current"
  )
)
if defined JDK exit /b 0
echo caviar: no JDK 25 or newer found. Install one (https://adoptium.net), or set CAVIAR_JAVA_HOME to its folder. 1>&2
exit /b 1

:try
if defined JDK exit /b 0
if not exist "%~1\bin\javac.exe" exit /b 0
if not exist "%~1\release" exit /b 0
for /f "usebackq tokens=2 delims==" %%V in (`findstr /b /c:"JAVA_VERSION=" "%~1\release"`) do (
  for /f "delims=.-+" %%N in ("%%~V") do if %%N geq 25 set "JDK=%~1"
)
exit /b 0
