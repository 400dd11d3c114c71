import { Button } from "@mantine/core";

import type { Grid, Series } from "@/api/types";
import { Thumbnail } from "@/components/thumbnail";
import { WarningSentence } from "@/components/warning-sentence";
import { formatNumber, plural } from "@/lib/format";

import classes from "./studies.module.css";

interface SeriesCardProps {
  readonly series: Series;
  readonly onHeader: () => void;
}

/** One series: its picture, its grids in millimetres, its warnings as sentences. */
export function SeriesCard({ series, onHeader }: SeriesCardProps) {
  const first = series.grids[0];
  return (
    <li className={classes["card"]}>
      <Thumbnail
        src={first ? `/api/v1/grids/${first.id}/thumbnail` : null}
        alt={`Middle slice of series ${series.number ?? ""} ${series.description}`}
        width={92}
        height={92}
      />
      <div className={classes["cardWords"]}>
        <strong dir="auto">
          {series.number !== null && `${series.number} · `}
          {series.description || series.modality}
        </strong>
        <span>
          {[
            series.modality,
            series.body_part,
            series.frame_count > 0 && plural(series.frame_count, "frame", "frames"),
          ]
            .filter(Boolean)
            .join(" · ")}
        </span>
        {series.grids.map((grid) => (
          <span key={grid.id}>{gridWords(grid, series.grids.length > 1)}</span>
        ))}
        {[...series.references, ...series.referenced_by].map((link) => (
          <span key={link.sentence}>{link.sentence}</span>
        ))}
        <Button
          className={classes["header"] ?? ""}
          size="compact-xs"
          variant="subtle"
          onClick={onHeader}
          aria-label={`Header of series ${series.number ?? series.description}`}
        >
          Header
        </Button>
      </div>
      {warningsOf(series).length > 0 && (
        <div className={classes["cardWarnings"]}>
          {warningsOf(series).map((warning) => (
            <WarningSentence key={warning}>{warning}</WarningSentence>
          ))}
        </div>
      )}
    </li>
  );
}

/** "512 × 512 × 40, 0.70 × 0.70 × 5.00 mm", columns first as readers expect. */
function gridWords(grid: Grid, isNamed: boolean): string {
  const shape = [...grid.shape_kji].reverse().join(" × ");
  const spacing = grid.spacing_mm_ijk?.map((value) => formatNumber(value, 2)).join(" × ");
  const words = spacing ? `${shape}, ${spacing} mm` : shape;
  return isNamed && grid.name ? `${grid.name}: ${words}` : words;
}

function warningsOf(series: Series): readonly string[] {
  const reasons = series.grids.flatMap((grid) => grid.reason ?? []);
  return [...new Set([...series.warnings, ...reasons])];
}
