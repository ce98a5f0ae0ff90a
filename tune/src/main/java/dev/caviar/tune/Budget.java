package dev.caviar.tune;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// When a search is over.
///
/// ```java
/// var budget = Budget.trials(50).within(Duration.ofMinutes(10));
/// assert !budget.over();
/// ```
///
/// @param trials   how many finished trials the study shall have in all, those of other programs and earlier runs included; at least 1
/// @param deadline after which no trial begins; null for none
public record Budget(int trials, @Nullable Instant deadline) {
    public Budget {
        if (trials < 1) throw new IllegalArgumentException("Budget(" + trials + "): a search needs at least 1 trial.");
    }

    /// Until the study has so many finished trials.
    public static Budget trials(int trials) {
        return new Budget(trials, null);
    }

    /// However many trials begin within this time from now.
    public static Budget time(Duration time) {
        return new Budget(Integer.MAX_VALUE, null).within(time);
    }

    /// The same, and no trial begins later than this time from now.
    public Budget within(Duration time) {
        if (time.isNegative()) throw new IllegalArgumentException("within(" + time + "): a search needs time.");
        return new Budget(trials, Instant.now().plus(time));
    }

    /// Whether the deadline is past.
    public boolean over() {
        return deadline != null && !Instant.now().isBefore(deadline);
    }
}
