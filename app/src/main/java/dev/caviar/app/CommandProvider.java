package dev.caviar.app;

import java.util.List;

/// Adds commands to `caviar`: each an object or a class annotated with picocli's `@Command`.
///
/// A provider is found by [java.util.ServiceLoader] on the class path. The classes of all commands are loaded at every start,
/// so that they should leave work, and the loading of what does it, to their `call()`.
///
/// ```java
/// import picocli.CommandLine.Command;
///
/// @Command(name = "hello", description = "Says hello.")
/// final class Hello implements Runnable {
///     @Override
///     public void run() {
///         System.out.println("hello");
///     }
/// }
///
/// final class HelloCommands implements CommandProvider {
///     @Override
///     public List<Object> commands() {
///         return List.of(new Hello());
///     }
/// }
/// ```
@FunctionalInterface
public interface CommandProvider {
    /// The commands to add, in the order in which `caviar --help` lists them.
    List<Object> commands();
}
