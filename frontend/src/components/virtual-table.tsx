import { IconChevronDown } from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type CSSProperties,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useEffectEvent,
  useId,
  useRef,
  useState,
} from "react";

import classes from "./virtual-table.module.css";

export interface Column<Row> {
  readonly key: string;
  readonly header: ReactNode;
  /** A CSS grid track, such as "minmax(0, 2fr)". */
  readonly width: string;
  readonly align?: "right";
  readonly cell: (row: Row) => ReactNode;
  /** How the rows are sorted by this column, and what turns it; a column without cannot sort. */
  readonly sort?: { readonly by: "ascending" | "descending" | "none"; readonly turn: () => void };
}

interface VirtualTableProps<Row> {
  readonly label: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string | number;
  readonly rowHeight: number;
  readonly total?: number | undefined;
  readonly selected?: string | number | null;
  /** Called while moving through the list with the arrow keys (or j and k), and on a click. */
  readonly onSelect?: (row: Row, by: "keys" | "pointer") => void;
  /** Called on Enter and on a double click. */
  readonly onOpen?: (row: Row) => void;
  /** Called on Space, where rows can be ticked. */
  readonly onToggle?: (row: Row) => void;
  /** The end is near: bring more. */
  readonly onEnd?: () => void;
  readonly isLoading?: boolean;
  readonly empty?: ReactNode;
  /** Another key, other rows: begin at the top. */
  readonly listKey?: string;
  /** The page is about this list: its keys are heard before anything has the focus. */
  readonly isMain?: boolean;
}

const skeletonRows = 12;

/** A table of any length: only what is in sight is drawn; arrows move, Enter opens. */
export function VirtualTable<Row>(props: VirtualTableProps<Row>) {
  const { columns, rows, rowHeight, label } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const [active, setActive] = useState(-1);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 10,
  });
  useTopOf(props.listKey, scroller, () => setActive(-1));
  const drawn = virtual.getVirtualItems();
  useNearEnd(drawn.at(-1)?.index ?? -1, rows.length, props.onEnd);
  const template = { gridTemplateColumns: columns.map((column) => column.width).join(" ") };

  function move(index: number, by: "keys" | "pointer") {
    const row = rows[index];
    if (row === undefined) return;
    setActive(index);
    virtual.scrollToIndex(index, { align: "auto" });
    props.onSelect?.(row, by);
  }

  function onKeyDown(event: Pick<KeyboardEvent, "key" | "preventDefault">) {
    const target = targetOf(event.key, active, rows.length);
    const row = rows[active];
    if (target !== null) {
      event.preventDefault();
      move(target, "keys");
    } else if (row !== undefined) {
      act(event, row);
    }
  }

  function act(event: Pick<KeyboardEvent, "key" | "preventDefault">, row: Row) {
    if (event.key === "Enter") props.onOpen?.(row);
    if (event.key !== " " || !props.onToggle) return;
    event.preventDefault();
    props.onToggle(row);
  }

  useKeysOfPage(props.isMain ?? false, scroller, onKeyDown);

  return (
    <div
      role="grid"
      className={classes["table"]}
      aria-label={label}
      aria-rowcount={props.total ?? rows.length}
      aria-activedescendant={active >= 0 ? `${id}-${active}` : undefined}
      tabIndex={0}
      ref={scroller}
      onKeyDown={(event) => {
        const isOwn = event.target === event.currentTarget;
        if (isOwn && !event.ctrlKey && !event.metaKey) onKeyDown(event);
      }}
    >
      <Header columns={columns} style={template} />
      {props.isLoading && <Skeletons height={rowHeight} />}
      {!props.isLoading && rows.length === 0 && (
        <div role="row">
          <div role="gridcell">{props.empty}</div>
        </div>
      )}
      <div role="rowgroup" className={classes["body"]} style={{ height: virtual.getTotalSize() }}>
        {drawn.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const key = props.rowKey(row);
          return (
            <BodyRow
              key={key}
              id={`${id}-${item.index}`}
              row={row}
              columns={columns}
              index={item.index}
              isSelected={props.selected === key}
              isActive={active === item.index}
              style={{ ...template, height: rowHeight, transform: `translateY(${item.start}px)` }}
              onClick={() => move(item.index, "pointer")}
              onOpen={() => props.onOpen?.(row)}
            />
          );
        })}
      </div>
    </div>
  );
}

interface HeaderProps<Row> {
  readonly columns: readonly Column<Row>[];
  readonly style: CSSProperties;
}

function Header<Row>({ columns, style }: HeaderProps<Row>) {
  return (
    <div role="row" className={classes["header"]} style={style}>
      {columns.map((column) => (
        <div
          key={column.key}
          role="columnheader"
          data-align={column.align}
          className={classes["cell"]}
          {...(column.sort && { "aria-sort": column.sort.by })}
        >
          {column.sort ? (
            <SortButton sort={column.sort}>{column.header}</SortButton>
          ) : (
            column.header
          )}
        </div>
      ))}
    </div>
  );
}

interface SortButtonProps {
  readonly sort: NonNullable<Column<unknown>["sort"]>;
  readonly children: ReactNode;
}

function SortButton({ sort, children }: SortButtonProps) {
  return (
    <button type="button" className={classes["sort"]} data-by={sort.by} onClick={sort.turn}>
      {children}
      <IconChevronDown size={13} stroke={2} aria-hidden />
    </button>
  );
}

interface BodyRowProps<Row> extends HeaderProps<Row> {
  readonly id: string;
  readonly row: Row;
  readonly index: number;
  readonly isSelected: boolean;
  readonly isActive: boolean;
  readonly onClick: () => void;
  readonly onOpen: () => void;
}

function BodyRow<Row>(props: BodyRowProps<Row>) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys are heard by the table, which holds the focus
    <div
      id={props.id}
      role="row"
      aria-rowindex={props.index + 1}
      aria-selected={props.isSelected}
      data-active={props.isActive}
      className={classes["row"]}
      style={props.style}
      onClick={props.onClick}
      onDoubleClick={props.onOpen}
    >
      {props.columns.map((column) => (
        <div key={column.key} role="gridcell" data-align={column.align} className={classes["cell"]}>
          {column.cell(props.row)}
        </div>
      ))}
    </div>
  );
}

function useNearEnd(last: number, count: number, onEnd: (() => void) | undefined): void {
  const isNear = count > 0 && last >= count - 40;
  useEffect(() => {
    if (isNear) onEnd?.();
  }, [isNear, onEnd]);
}

function useTopOf(
  listKey: string | undefined,
  scroller: RefObject<HTMLDivElement | null>,
  onTop: () => void,
): void {
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another list is a reason
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
    onTop();
  }, [listKey]);
}

/** While nothing has the focus, the keys of the page go to its list, which then takes the focus. */
function useKeysOfPage(
  isMain: boolean,
  scroller: RefObject<HTMLDivElement | null>,
  onKey: (event: globalThis.KeyboardEvent) => void,
): void {
  const heard = useEffectEvent((event: globalThis.KeyboardEvent) => {
    const { target } = event;
    const isFree = target === document.body || (target instanceof Element && target.id === "main");
    if (!isFree || event.ctrlKey || event.metaKey || !listKeys.includes(event.key)) return;
    scroller.current?.focus({ preventScroll: true });
    onKey(event);
  });
  useEffect(() => {
    if (!isMain) return;
    window.addEventListener("keydown", heard);
    return () => window.removeEventListener("keydown", heard);
  }, [isMain]);
}

const listKeys = ["j", "k", "ArrowDown", "ArrowUp"];

function targetOf(key: string, active: number, count: number): number | null {
  switch (key) {
    case "ArrowDown":
    case "j":
      return Math.min(active + 1, count - 1);
    case "ArrowUp":
    case "k":
      return Math.max(active - 1, 0);
    case "Home":
      return 0;
    case "End":
      return count - 1;
    default:
      return null;
  }
}

function Skeletons({ height }: { readonly height: number }) {
  return (
    <div aria-hidden="true">
      {Array.from({ length: skeletonRows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: skeletons have no identity
        <div key={index} className={classes["skeleton"]} style={{ height }} />
      ))}
    </div>
  );
}
