package io.bignode.http;

/** Ends a request with a problem, from wherever it was found. */
public final class ProblemException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Problem problem;

    public ProblemException(Problem problem) {
        super(problem.detail(), null, false, false); // an answer, not a bug: no stack trace
        this.problem = problem;
    }

    public Problem problem() {
        return problem;
    }
}
