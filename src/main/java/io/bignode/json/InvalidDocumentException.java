package io.bignode.json;

import java.util.List;
import java.util.stream.Collectors;

/** A document that cannot be taken; carries every fault found, not only the first. */
public final class InvalidDocumentException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<Fault> faults;

    /**
     * A document with these faults.
     *
     * @param faults what is wrong, at least one
     */
    public InvalidDocumentException(List<Fault> faults) {
        super(faults.stream()
                .map(fault -> fault.field().isEmpty() ? fault.message() : fault.field() + ": " + fault.message())
                .collect(Collectors.joining("; ")));
        this.faults = List.copyOf(faults);
    }

    /** Everything that is wrong, in the order of the document's fields. */
    public List<Fault> faults() {
        return faults;
    }
}
