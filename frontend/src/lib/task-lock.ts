/**
 * The token by which this browser holds a task. Whoever takes a task (the work page, the station)
 * leaves it here; the station opens the task with it.
 */
const keyOf = (taskId: string): string => `limn-lock-${taskId}`;

export function rememberLock(taskId: string, token: string): void {
  localStorage.setItem(keyOf(taskId), token);
}

export function lockOf(taskId: string): string | null {
  return localStorage.getItem(keyOf(taskId));
}

export function forgetLock(taskId: string): void {
  localStorage.removeItem(keyOf(taskId));
}
