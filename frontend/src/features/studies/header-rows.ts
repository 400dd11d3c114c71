import type { HeaderElement } from "@/api/types";

/** One line of the tree: an element, or the beginning of an item of a sequence. */
export interface HeaderRow {
  readonly key: string;
  readonly depth: number;
  readonly element: HeaderElement | null;
  /** "Item 2", where this line begins an item. */
  readonly item: string;
  readonly isSequence: boolean;
  readonly isOpen: boolean;
}

/**
 * The lines to draw: what is open, or while searching all that fits with the way to it.
 *
 * Every word of the search must be in the element's tag, name or value.
 */
export function headerRows(
  elements: readonly HeaderElement[],
  open: ReadonlySet<string>,
  search: string,
): readonly HeaderRow[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return rowsOf(elements, { open, words }, "", 0);
}

interface Asked {
  readonly open: ReadonlySet<string>;
  readonly words: readonly string[];
}

function rowsOf(
  elements: readonly HeaderElement[],
  asked: Asked,
  path: string,
  depth: number,
): readonly HeaderRow[] {
  return elements.flatMap((element) => {
    const key = `${path}/${element.tag}`;
    const inside = insideOf(element, asked, key, depth);
    const isFound = fits(element, asked.words) || inside.length > 0;
    if (asked.words.length > 0 && !isFound) return [];
    const isSequence = element.items.length > 0;
    const isOpen = inside.length > 0;
    return [{ key, depth, element, item: "", isSequence, isOpen }, ...inside];
  });
}

function insideOf(
  element: HeaderElement,
  asked: Asked,
  key: string,
  depth: number,
): readonly HeaderRow[] {
  const isShown = asked.open.has(key) || asked.words.length > 0;
  if (!isShown) return [];
  return element.items.flatMap((item, place) => {
    const itemKey = `${key}[${place}]`;
    const rows = rowsOf(item, asked, itemKey, depth + 2);
    if (rows.length === 0 && asked.words.length > 0) return [];
    const row = { key: itemKey, depth: depth + 1, element: null, isSequence: false, isOpen: false };
    return [{ ...row, item: `Item ${place + 1}` }, ...rows];
  });
}

function fits(element: HeaderElement, words: readonly string[]): boolean {
  const text = `${element.tag} ${element.tag.replace(/\W/g, "")} ${element.name} ${element.value}`;
  const said = text.toLowerCase();
  return words.every((word) => said.includes(word));
}
