package io.bignode.planted.agent;

/** What nothing but the command line uses. */
public interface Relaying {}
