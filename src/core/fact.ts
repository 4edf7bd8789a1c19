/** Something read from the machine, or the reason why it could not be. Never replaced by a default. */
export type Fact<T> = { known: true; value: T } | { known: false; why: string };

export const known = <T>(value: T): Fact<T> => ({ known: true, value });

export const unknown = (why: string): Fact<never> => ({ known: false, why });

/** The value, or null where JSON and people are shown that it is missing. */
export const valueOrNull = <T>(fact: Fact<T>): T | null => (fact.known ? fact.value : null);
