#include "ui/setup/dataset_card.h"

#include "ui/experiment_editor.h"
#include "ui/format/quantities.h"
#include "ui/models/dataset_preview_model.h"
#include "ui/setup/field_binder.h"
#include "ui/setup/row_marks.h"
#include "ui/setup/task_field.h"
#include "ui/setup/token_strip.h"
#include "ui/theme/theme.h"
#include "ui/try/marked_text.h"
#include "ui/widgets/bar_chart.h"
#include "ui/widgets/issue_form.h"
#include "ui/widgets/length_histogram.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QTableView>
#include <QVBoxLayout>

namespace lora::ui {

namespace {

constexpr int kRemarksShown = 5;

QComboBox* shrinkingCombo(QWidget* parent)
{
    auto* combo = new QComboBox(parent);
    combo->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
    combo->setMinimumContentsLength(8);
    return combo;
}

} // namespace

DatasetCard::DatasetCard(ExperimentEditor& editor, QWidget* parent)
    : Card(tr("Data"), parent)
    , m_editor(editor)
{
    createWidgets();
    buildLayout();
    connectSignals();
    refreshSources();
}

void DatasetCard::createWidgets()
{
    m_source = shrinkingCombo(this);
    m_eval = shrinkingCombo(this);
    m_evalShare = new QDoubleSpinBox(this);
    m_evalShare->setRange(0, 0.9);
    m_evalShare->setSingleStep(0.05);
    m_evalShare->setKeyboardTracking(false);
    m_evalShare->setToolTip(tr("Share of the training rows held out for evaluation"));
    for (QComboBox*& combo : m_columns)
        combo = shrinkingCombo(this);
    m_maxLength = new QSpinBox(this);
    m_maxLength->setRange(1, 1 << 20);
    m_maxLength->setKeyboardTracking(false);
    m_docStride = new QSpinBox(this);
    m_docStride->setRange(0, 1 << 20);
    m_docStride->setSpecialValueText(tr("automatic"));
    m_docStride->setKeyboardTracking(false);
    m_trainOnPrompt = new QCheckBox(tr("learn the prompts too"), this);
    m_task = new TaskField(m_editor, this);
    m_form = new IssueForm(this);
    m_status = new MutedLabel({}, this);
    m_counts = new QLabel(this);
    m_counts->setWordWrap(true);
    m_labels = new BarChart(this);
    m_lengths = new LengthHistogram(this);
    m_remarks = new MutedLabel({}, this);
    m_rows = new DatasetPreviewModel(this);
    m_table = new QTableView(this);
    m_table->setModel(m_rows);
    m_table->setAccessibleName(tr("First rows of the data"));
    m_table->setWordWrap(false);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setFont(smallFont(font()));
    m_table->verticalHeader()->setDefaultSectionSize(m_table->fontMetrics().height() + 6);
    m_table->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_table->verticalHeader()->setFont(smallFont(font()));
    m_table->horizontalHeader()->setFont(smallFont(font()));
    m_table->horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->setFixedHeight(20 * kGrid);
    m_table->setShowGrid(false);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->setAlternatingRowColors(true);
    m_tokens = new TokenStrip(this);
    m_marks = new MarkedText(this);
    m_marks->setFont(font());
    m_marks->setFixedHeight(10 * kGrid);
    m_marks->setAccessibleName(tr("The selected row"));
    m_marks->hide();
}

QWidget* DatasetCard::rowOf(std::initializer_list<QWidget*> widgets)
{
    auto* row = new QWidget(this);
    auto* layout = new QHBoxLayout(row);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(kGrid / 2);
    bool isFirst = true;
    for (QWidget* widget : widgets) {
        layout->addWidget(widget, isFirst ? 1 : 0);
        isFirst = false;
    }
    row->setFocusProxy(*widgets.begin());
    return row;
}

void DatasetCard::buildLayout()
{
    auto* open = new QPushButton(tr("Open file…"), this);
    open->setToolTip(tr("A CSV, TSV or JSON Lines file; it can be dropped here too"));
    connect(open, &QPushButton::clicked, this, &DatasetCard::chooseFile);
    m_form->addField(tr("&Train on"), rowOf({m_source, open}), QStringLiteral("data.train"),
                     tr("Rows the adapters learn from"));
    m_form->addField(tr("E&valuate on"), rowOf({m_eval, m_evalShare}), QStringLiteral("data.eval"),
                     tr("Rows kept apart to measure quality"));
    m_form->addField(tr("Tas&k"), m_task, QStringLiteral("task"), {});
    const QString why = tr("Found by name and content; change it where that went wrong");
    m_form->addField(tr("Te&xt"), m_columns[0], QStringLiteral("data.columns.text"), why);
    m_form->addField(tr("Second text"), m_columns[1], QStringLiteral("data.columns.text_pair"), why);
    m_form->addField(tr("La&bel"), m_columns[2], QStringLiteral("data.columns.label"), why);
    m_form->addField(tr("Max le&ngth"), m_maxLength, QStringLiteral("data.max_length"),
                     tr("Tokens of a row the model reads, special tokens included; drag the mark below"));
    m_form->addField(tr("Window o&verlap"), m_docStride, QStringLiteral("data.doc_stride"),
                     tr("Tokens two windows of a long passage share, so that no answer is cut in two"));
    m_form->addField(tr("Loss on"), m_trainOnPrompt, QStringLiteral("data.train_on_prompt"),
                     tr("Usually only the completion is learned; with this the prompt's tokens count too"));
    body()->addWidget(m_form);
    body()->addWidget(m_status);
    body()->addWidget(m_lengths);
    body()->addWidget(m_counts);
    body()->addWidget(m_labels);
    body()->addWidget(m_remarks);
    body()->addWidget(m_table);
    body()->addWidget(m_marks);
    body()->addWidget(m_tokens);
}

void DatasetCard::bindFields(FieldBinder& binder)
{
    binder.choice(
        m_source, tr("Choose data"), [](const ExperimentConfig& e) { return qstr(e.data.train); },
        [](ExperimentConfig& e, const QString& value) {
            e.data.train = value.toStdString();
            e.data.columns = {}; // another file has other columns: infer anew
            e.data.eval.reset();
        });
    binder.number(
        m_evalShare, tr("Change held-out share"), [](const ExperimentConfig& e) { return e.data.evalSplit; },
        [](ExperimentConfig& e, double value) { e.data.evalSplit = value; });
    binder.integer(
        m_maxLength, tr("Change max_length"), [](const ExperimentConfig& e) { return e.data.maxLength; },
        [](ExperimentConfig& e, int value) { e.data.maxLength = value; });
    bindTaskSettings(binder);
    binder.onChange([this](const ExperimentConfig& e) {
        refreshSources();
        refreshRoles();
        refreshColumns();
        m_lengths->setCutoff(e.data.maxLength);
        m_tokens->setCutoff(e.data.maxLength);
    });
}

void DatasetCard::setBuiltins(const QStringList& names)
{
    m_builtins = names;
    refreshSources();
}

void DatasetCard::connectSignals()
{
    auto* binder = new FieldBinder(m_editor, this);
    bindFields(*binder);
    connect(m_eval, &QComboBox::activated, this, [this](int index) {
        if (index == m_eval->count() - 1)
            return chooseEvalFile();
        const QString file = m_eval->itemData(index).toString();
        m_editor.edit(tr("Choose evaluation data"), [&](ExperimentConfig& e) {
            e.data.eval = file.isEmpty() ? std::nullopt : std::optional(file.toStdString());
        });
    });
    for (int role = 0; role < static_cast<int>(std::size(m_columns)); ++role)
        connect(m_columns[role], &QComboBox::activated, this,
                [this, role](int index) { editColumn(role, m_columns[role]->itemData(index).toString()); });
    connect(m_lengths, &LengthHistogram::cutoffDragged, this, [this](int tokens) {
        m_editor.edit(
            tr("Drag max_length"), [tokens](ExperimentConfig& e) { e.data.maxLength = tokens; },
            QStringLiteral("max_length"));
    });
    connect(m_table->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this](const QModelIndex& current) { showRow(current.row()); });
    connect(&m_editor, &ExperimentEditor::issuesChanged, this,
            [this] { m_form->setIssues(m_editor.issues()); });
}

void DatasetCard::setRecent(const QStringList& files)
{
    m_recent = files;
    refreshSources();
}

void DatasetCard::refreshSources()
{
    const DataConfig& config = m_editor.experiment().data;
    const QSignalBlocker sourceBlocker(m_source);
    const QSignalBlocker evalBlocker(m_eval);
    QStringList sources = m_builtins;
    for (const QString& file : m_recent + QStringList{qstr(config.train)}) {
        if (!file.isEmpty() && !sources.contains(file))
            sources += file;
    }
    m_source->clear();
    for (const QString& source : sources) {
        m_source->addItem(sourceName(source.toStdString()), source);
        m_source->setItemData(m_source->count() - 1, source, Qt::ToolTipRole);
    }
    m_source->setCurrentIndex(m_source->findData(qstr(config.train)));
    m_eval->clear();
    const bool isBuiltin = config.train.starts_with("builtin:");
    m_eval->addItem(isBuiltin ? tr("its own evaluation rows") : tr("held-out share"), QString());
    if (config.eval)
        m_eval->addItem(sourceName(*config.eval), qstr(*config.eval));
    m_eval->addItem(tr("Open file…"));
    m_eval->setCurrentIndex(config.eval ? 1 : 0);
    m_evalShare->setVisible(!config.eval && !isBuiltin);
}

void DatasetCard::chooseFile()
{
    const QString filter = tr("Data (*.csv *.tsv *.jsonl *.json *.txt *.conll *.bio);;All files (*)");
    const QString file =
        QFileDialog::getOpenFileName(this, tr("Open training data"), m_recent.value(0), filter);
    if (file.isEmpty())
        return;
    m_editor.edit(tr("Choose data"), [&](ExperimentConfig& e) {
        e.data.train = file.toStdString();
        e.data.columns = {};
        e.data.eval.reset();
    });
}

void DatasetCard::chooseEvalFile()
{
    const QString filter = tr("Data (*.csv *.tsv *.jsonl *.json *.txt *.conll *.bio);;All files (*)");
    const QString file =
        QFileDialog::getOpenFileName(this, tr("Open evaluation data"), m_recent.value(0), filter);
    if (!file.isEmpty())
        m_editor.edit(tr("Choose evaluation data"),
                      [&](ExperimentConfig& e) { e.data.eval = file.toStdString(); });
    refreshSources();
}

QString DatasetCard::countsText() const
{
    return tr("%1 rows to train, %2 to evaluate")
        .arg(QLocale().toString(qlonglong(m_preview.trainRows)),
             QLocale().toString(qlonglong(m_preview.evalRows)));
}

void DatasetCard::refreshLabels()
{
    std::vector<BarRow> rows;
    // Tags are counted by words, of which a row has many.
    const bool areTags = m_editor.experiment().task == TaskType::TokenClassification;
    std::int64_t all = areTags ? 0 : m_preview.trainRows;
    for (const LabelCount& count : m_preview.labels)
        all += areTags ? count.trainRows : 0;
    for (const LabelCount& count : m_preview.labels) {
        const double share = double(count.trainRows) / double(std::max<std::int64_t>(1, all));
        rows.push_back({qstr(count.label), double(count.trainRows),
                        tr("%1, %2").arg(QLocale().toString(qlonglong(count.trainRows)), qPercent(share)),
                        (areTags ? tr("%1: %2 words to train, %3 to evaluate")
                                 : tr("%1: %2 rows to train, %3 to evaluate"))
                            .arg(qstr(count.label))
                            .arg(count.trainRows)
                            .arg(count.evalRows),
                        mixed(accentColor(palette()), palette().color(QPalette::Window), 0.35)});
    }
    constexpr std::size_t kShown = 12;
    if (rows.size() > kShown)
        rows.resize(kShown);
    m_labels->setVisible(!rows.empty());
    m_labels->setRows(std::move(rows));
}

void DatasetCard::setPreview(const DatasetPreview& preview)
{
    m_preview = preview;
    m_status->setText({});
    m_lengths->setCounts(preview.lengthCounts);
    m_lengths->setVisible(true);
    m_counts->setText(countsText());
    m_counts->show();
    refreshLabels();
    refreshColumns();
    QStringList remarks;
    for (const std::string& notice : preview.notices)
        remarks += qstr(notice);
    int shown = 0;
    for (const DataRemark& remark : preview.problems) {
        if (shown++ == kRemarksShown)
            break;
        remarks +=
            remark.line > 0 ? tr("line %1: %2").arg(remark.line).arg(qstr(remark.text)) : qstr(remark.text);
    }
    if (preview.problems.size() > kRemarksShown)
        remarks += tr("and %1 more remarks").arg(preview.problems.size() - kRemarksShown);
    m_remarks->setText(remarks.join(u'\n'),
                       preview.problems.empty() ? MutedLabel::Tone::Muted : MutedLabel::Tone::Warning);
    m_task->setDataTasks(preview.tasks);
    m_rows->setPreview(preview, m_editor.experiment().task);
    m_table->setVisible(!preview.rows.empty());
    fitColumns();
    showRow(0);
}

/// Columns of texts share the width; what is short takes what it needs.
void DatasetCard::fitColumns()
{
    const TaskType task = m_editor.experiment().task;
    const bool isLabelText = !isSequenceTask(task);
    const ColumnMapping& mapping = m_preview.mapping;
    for (int column = 0; column < m_rows->columnCount(); ++column) {
        const std::string& name = m_preview.columns[static_cast<std::size_t>(column)];
        const bool isText =
            mapping.text == name || mapping.textPair == name || (isLabelText && mapping.label == name);
        m_table->horizontalHeader()->setSectionResizeMode(column, isText ? QHeaderView::Stretch
                                                                         : QHeaderView::ResizeToContents);
    }
}

void DatasetCard::showRow(int row)
{
    const bool isKnown = row >= 0 && row < static_cast<int>(m_preview.tokens.size());
    m_tokens->setTokens(isKnown ? m_preview.tokens[static_cast<std::size_t>(row)]
                                : std::vector<std::string>{});
    const RowMarks marks =
        row < 0 ? RowMarks{}
                : marksOfRow(m_preview, static_cast<std::size_t>(row), m_editor.experiment().task);
    m_marks->setVisible(!marks.text.isEmpty());
    m_marks->setMarks(marks.text, marks.marks, marks.kinds);
}

void DatasetCard::clearPreview(const QString& text)
{
    m_preview = {};
    m_task->setDataTasks({});
    m_rows->setPreview(m_preview);
    m_lengths->setCounts({});
    m_lengths->hide();
    m_counts->hide();
    m_table->hide();
    m_remarks->setText({});
    refreshLabels();
    refreshColumns();
    showRow(-1);
    m_status->setText(text);
}

void DatasetCard::setModelLimit(int positions)
{
    m_lengths->setLimit(positions);
}

} // namespace lora::ui
