package io.bignode.http;

import io.bignode.api.operator.WorkerActions;
import java.util.List;
import java.util.Map;

/**
 * No workers to do anything with.
 *
 * @param operatorToken the operator's token
 */
public record NoWorkers(String operatorToken) implements WorkerActions {
    @Override
    public boolean isOperator(String token) {
        return token.equals(operatorToken);
    }

    @Override
    public List<Map<String, Object>> list() {
        return List.of();
    }

    @Override
    public boolean drain(String name) {
        return false;
    }

    @Override
    public boolean admit(String name) {
        return false;
    }
}
