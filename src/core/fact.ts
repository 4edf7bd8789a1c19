/** A value read from the machine, or the reason why it could not be read. Never replaced by a default. */
export type Fact<T> = { known: true; value: T } | { known: false; why: string };

export const known = <T>(value: T): Fact<T> => ({ known: true, value });

export const unknown = (why: string): Fact<never> => ({ known: false, why });

/** The value, or null for output that shows a missing value. */
export const valueOrNull = <T>(fact: Fact<T>): T | null => (fact.known ? fact.value : null);
