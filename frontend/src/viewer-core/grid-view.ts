/** What the station knows about the images of a task; the wire form of the imaging room. */

export interface Grid {
  readonly id: string;
  readonly name: string;
  readonly is_regular: boolean;
  readonly reason: string | null;
  /** Slices, rows, columns. */
  readonly shape_kji: readonly number[];
  readonly spacing_mm_ijk: readonly number[] | null;
  readonly origin_mm_lps: readonly number[] | null;
  /** Row-major 3 x 3; its columns are the unit vectors of i, j and k. */
  readonly direction: readonly number[] | null;
  readonly frame_of_reference_uid: string | null;
}

/** How the pixels of some frames are stored, as served (not as once sent). */
export interface ImageDescription {
  readonly rows: number;
  readonly columns: number;
  readonly samples_per_pixel: number;
  readonly photometric_interpretation: string;
  readonly bits_allocated: number;
  readonly bits_stored: number;
  readonly high_bit: number;
  readonly pixel_representation: number;
  readonly planar_configuration: number | null;
  readonly rescale_slope: number | null;
  readonly rescale_intercept: number | null;
  readonly rescale_type: string | null;
  readonly window_center: readonly number[];
  readonly window_width: readonly number[];
  readonly voi_lut_function: string | null;
  /** Brightness tables that its frames are meant to be seen through, the first one by default. */
  readonly voi_tables?: readonly VoiTableRef[];
  /** Between rows, then between columns. */
  readonly pixel_spacing_mm: readonly number[] | null;
  readonly pixel_aspect?: readonly number[] | null;
  /** What makes a standardised uptake value of a PET value after rescaling. */
  readonly suv_factor?: number | null;
}

export interface FrameDescription {
  /** `"<instance>.<frame>"`: masks are keyed by it, never by the slice index. */
  readonly key: string;
  readonly url: string;
  /** Index into `images`. */
  readonly image: number;
  readonly position_mm_lps: readonly number[] | null;
  /** Cosines of the row, then of the column. */
  readonly orientation: readonly number[] | null;
}

/** The values that a table maps: `count` of them, from `first` on. */
export interface VoiTableRef {
  readonly name: string;
  readonly first: number;
  readonly count: number;
}

/** How values inside a window become greys (PS3.3 C.11.2.1.3). */
export type WindowFunction = "LINEAR" | "LINEAR_EXACT" | "SIGMOID";

export interface WindowPreset {
  readonly name: string;
  readonly center: number;
  readonly width: number;
  readonly function?: WindowFunction;
  /** A place in an image's `voi_tables`: this is no window, but a look through that. */
  readonly table?: number | null;
}

export interface GridView {
  readonly grid: Grid;
  readonly modality: string;
  readonly series: {
    readonly id: string;
    readonly uid: string;
    readonly description: string;
    readonly number: number | null;
  };
  readonly study: {
    readonly id: string;
    readonly uid: string;
    readonly date: string | null;
    readonly description: string;
  };
  readonly images: readonly ImageDescription[];
  readonly frames: readonly FrameDescription[];
  readonly frame_token: { readonly token: string; readonly expires_at: string };
  readonly presets: readonly WindowPreset[];
  /** What the overlays that lie on its frames are called; none for most. */
  readonly overlays: readonly string[];
  readonly warnings: readonly string[];
}
