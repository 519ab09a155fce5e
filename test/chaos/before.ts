/** Before the matrix: a place for its lines. */
import { openTable } from './table';

export default openTable;
