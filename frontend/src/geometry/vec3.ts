/** Three numbers in patient space (LPS: x to the left, y to the back, z to the head), in millimetres. */
export type Vec3 = readonly [number, number, number];

export function add(a: Vec3, b: Vec3): Vec3 {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}

export function subtract(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}

export function scale(a: Vec3, factor: number): Vec3 {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}

export function dot(a: Vec3, b: Vec3): number {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

export function cross(a: Vec3, b: Vec3): Vec3 {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

/** A vector from a list of numbers; a list of another length is refused rather than padded. */
export function vec3(values: readonly number[]): Vec3 {
  const [x, y, z] = values;
  if (x === undefined || y === undefined || z === undefined || values.length !== 3) {
    throw new RangeError(`Expected 3 numbers, got ${values.length}.`);
  }
  return [x, y, z];
}
