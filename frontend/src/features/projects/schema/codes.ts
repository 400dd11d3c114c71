import type { Code } from "@/api/types";

const concepts: readonly (readonly [string, string])[] = [
  ["Adrenal gland", "23451007"],
  ["Aorta", "15825003"],
  ["Bone", "272673000"],
  ["Brain", "12738006"],
  ["Colon", "71854001"],
  ["Edema", "79654002"],
  ["Esophagus", "32849002"],
  ["Gallbladder", "28231008"],
  ["Heart", "80891009"],
  ["Inferior vena cava", "64131007"],
  ["Kidney", "64033007"],
  ["Kidney, left", "18639004"],
  ["Kidney, right", "9846003"],
  ["Lesion", "52988006"],
  ["Liver", "10200004"],
  ["Lung", "39607008"],
  ["Lung, left", "44029006"],
  ["Lung, right", "3341006"],
  ["Necrosis", "6574001"],
  ["Neoplasm", "108369006"],
  ["Nodule", "27925004"],
  ["Pancreas", "15776009"],
  ["Portal vein", "32764006"],
  ["Prostate", "41216001"],
  ["Spinal cord", "2748008"],
  ["Spleen", "78961009"],
  ["Stomach", "69695003"],
  ["Thyroid", "69748006"],
  ["Trachea", "44567001"],
  ["Urinary bladder", "89837001"],
];

/** Common codes of SNOMED CT. A segment has none until a person chooses one. */
export const commonCodes: readonly Code[] = concepts.map(([meaning, value]) => ({
  scheme: "SCT",
  value,
  meaning,
}));
