/** A point of a picture or a canvas, in its own pixels. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** x' = a x + c y + e, y' = b x + d y + f: the letters of canvas `setTransform`. */
export interface Affine2d {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
  readonly e: number;
  readonly f: number;
}

/** The map that sends (0, 0), (1, 0) and (0, 1) to the three given points. */
export function affineFromFrame(origin: Point, unitX: Point, unitY: Point): Affine2d {
  return {
    a: unitX.x - origin.x,
    b: unitX.y - origin.y,
    c: unitY.x - origin.x,
    d: unitY.y - origin.y,
    e: origin.x,
    f: origin.y,
  };
}

export function applyAffine(map: Affine2d, point: Point): Point {
  return {
    x: map.a * point.x + map.c * point.y + map.e,
    y: map.b * point.x + map.d * point.y + map.f,
  };
}

/** The inverse map; a flat map has none and is refused. */
export function invertAffine(map: Affine2d): Affine2d {
  const determinant = map.a * map.d - map.b * map.c;
  if (determinant === 0) throw new RangeError("A flat map has no inverse.");
  const a = map.d / determinant;
  const b = -map.b / determinant;
  const c = -map.c / determinant;
  const d = map.a / determinant;
  return { a, b, c, d, e: -(a * map.e + c * map.f), f: -(b * map.e + d * map.f) };
}
