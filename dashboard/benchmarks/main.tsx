import { renderPage } from '../shared/page.js';
import { BenchmarksPage } from './benchmarks-page.js';
import '../profiling/profiling.css';
import './benchmarks.css';

renderPage(<BenchmarksPage />);
