import type { Vec3 } from "./vec3";

const LETTERS = [
  ["L", "R"],
  ["P", "A"],
  ["H", "F"],
] as const;

/** An axis that contributes less than this to a direction is not named. */
const FAINT = 0.1;

/**
 * The anatomical name of a direction, strongest axis first: "L", "RA", "HPL".
 *
 * L(eft) R(ight) P(osterior) A(nterior) H(ead) F(oot).
 */
export function orientationLetters(direction: Vec3): string {
  return LETTERS.map(([positive, negative], axis) => {
    const component = direction[axis] ?? 0;
    return { letter: component >= 0 ? positive : negative, size: Math.abs(component) };
  })
    .filter(({ size }) => size > FAINT)
    .sort((a, b) => b.size - a.size)
    .map(({ letter }) => letter)
    .join("");
}
