package dev.caviar.app.check;

/// Computes what the cases of a group ask for, and compares it.
///
/// It reads every setting and every array that it honours, through the [Case]: what a check leaves unread makes the case unsupported.
/// It reads settings before it compares.
@FunctionalInterface
interface Check {
    /// Throws [Mismatch] where a number differs and [Unsupported] where the case asks for something else.
    void run(Case c);
}
