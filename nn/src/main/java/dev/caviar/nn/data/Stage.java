package dev.caviar.nn.data;

import dev.caviar.nn.data.Cursor.Flow;
import java.security.MessageDigest;

/// One stage of a pipeline with all that stand before it, as data: each pass is opened on its own.
interface Stage {
    long UNKNOWN = -1;
    long ENDLESS = Long.MAX_VALUE;

    /// Begins pass `epoch`, from 0: the same epoch gives the same elements in the same order.
    Cursor open(long epoch, Flow flow);

    /// The number of elements of a pass, [#UNKNOWN] or [#ENDLESS].
    long size();

    /// Whether elements are batches.
    default boolean batched() {
        return false;
    }

    /// It and what stands before it in words, by which a position is recognised.
    String text();

    /// Tells a digest of the data that the sources hold, as far as they hold any.
    void identify(MessageDigest digest);

    /// It and what stands before it in words, with a digest of their data.
    static String identity(Stage stage) {
        var digest = Hash.sha256();
        stage.identify(digest);
        return stage.text() + " of " + Hash.hex(digest);
    }

    /// A stage with one before it.
    interface After extends Stage {
        Stage up();

        @Override
        default boolean batched() {
            return up().batched();
        }

        @Override
        default void identify(MessageDigest digest) {
            up().identify(digest);
        }
    }

    /// A stage that gives as many elements as the one before it, of the same kind.
    interface Like extends After {
        @Override
        default long size() {
            return up().size();
        }
    }
}
