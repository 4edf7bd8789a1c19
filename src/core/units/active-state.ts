/** ActiveState of a unit (org.freedesktop.systemd1(5)); `refreshing` since systemd 257. */
const ACTIVE_STATES = [
  'active',
  'reloading',
  'refreshing',
  'inactive',
  'failed',
  'activating',
  'deactivating',
  'maintenance',
] as const;

/** `unrecognized`: a state that this version does not know, neither up nor down, so that nothing is done. */
export type ActiveState = (typeof ACTIVE_STATES)[number] | 'unrecognized';

export function parseActiveState(text: string): ActiveState {
  return ACTIVE_STATES.find((state) => state === text) ?? 'unrecognized';
}
