import { show } from '../shared/page.js';
import { NodesPage } from './nodes-page.js';

show(<NodesPage />);
