package io.bignode.api.operator;

import java.util.List;
import java.util.Map;

/** What an operator may do with workers through this server. */
public interface WorkerActions {
    /** Whether this is the operator's token; takes the same time for every wrong one. */
    boolean isOperator(String token);

    /** The workers, as the API lists them. */
    List<Map<String, Object>> list();

    /** Gives a worker no more leases. False when there is none of this name. */
    boolean drain(String name);

    /** Lets a worker that drains or was in quarantine work again. False when there is none of this name. */
    boolean admit(String name);
}
